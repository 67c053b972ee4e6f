"""Finding a text file's encoding and decoding it, every replaced byte accounted for."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMON = {
    "cp1252": "éèêëàâäáãåçñóòôöõúùûüíìîïßøæœÉÀÄÁÅÇÑÖÓÜØÆ€£°²³µ½¼–—’‘“”…®©™ºª¿¡«»·×±§´",
    "cp1250": "áéíóúýčďěňřšťůžÁÉÍÓÚÝČŠŘŽąćęłńśźżĄĆĘŁŃŚŹŻőűŐŰöüÖÜäÄßëđĐăâîşţ–—’“”„…°",
    "cp1251": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъОЕАИНТСРВЛКМДПУЯГЗБЧХЖШЮЦЩЭФ№«»–—",
    "koi8-r": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъОЕАИНТСРВЛКМДПУЯГЗБЧХЖШЮЦЩЭФ",
    "cp866": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъОЕАИНТСРВЛКМДПУЯГЗБЧХЖШЮЦЩЭФ№",
    "cp1253": "αοιετσνηυρπκμλςγδωχθφβξζψάέήίόύώΑΟΙΕΤΣΝΗΥΡΠΚΜΛΓΔΩΧΘΦ",
    "cp1254": "ıİğĞşŞçÇöÖüÜâîûêéèñäß–—’“”°",
    "cp1257": "āčēģīķļņšūžąęėįųĀČĒŠŪŽĄĘĖĮŲõäöüÕÄÖÜ–—’“”„°",
    "cp850": "éèêëàâäáãåçñóòôöõúùûüíìîïßøæÉÄÅÇÑÖÜØÆ£°²³½",
    "mac-roman": "éèêëàâäáãåçñóòôöõúùûüíìîïßøæœÉÀÄÅÇÑÖÜØÆ£°–—’‘“”…®©™",
}
_EAST_ASIAN = {
    "cp950": ((0xA4, 0xC6), "big5"),
    "gb18030": ((0xB0, 0xD7), "gb18030"),
    "cp932": ((0x82, 0x97), "cp932"),
    "euc_jp": ((0xA4, 0xCF), "euc_jp"),
    "cp949": ((0xB0, 0xC8), "cp949"),
}
_FEW_LINES = 3
_TWICE = re.compile("[ÃÂ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_RUNS_OF_HIGH = re.compile(rb"[\x80-\xff][\x40-\xff]*")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the encoding's name, and the doubt about it ("" for none)."""

    text: str
    encoding: str
    doubt: str = ""


def find_encoding(data: bytes, final: bool = True) -> str:
    """Return the name of the encoding in which the bytes make most sense.

    A byte-order mark decides; then zero bytes at every other place (UTF-16); then valid UTF-8;
    then the code page under which the letters beyond ASCII are the commonest of their language.

    Parameters
    ----------
    data : bytes
        The file, or its head.
    final : bool
        False if the bytes may be cut in the middle of a character.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding
    wide = find_wide(data)
    if wide:
        return wide
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final)
        return "utf-8"
    except UnicodeDecodeError:
        pass
    high = re.findall(rb"[^\n]*[\x80-\xff][^\n]*", data[: 1 << 22])
    sample = b"\n".join(high)[: 1 << 15]
    if _mostly_utf8(sample):
        return "utf-8"
    return _east_asian(sample) or _code_page(sample)


def find_wide(data: bytes) -> str:
    r"""Return the UTF-16 without a byte-order mark that zero bytes betray, or "".

    All zeros stand at the same parity, each line end has one beside it, and the text so decoded
    has no control characters. Scripts in which a zero or line feed may be half of a letter, such as
    Chinese, need more zeros than chance NUL bytes would bring.

    Examples
    --------
    >>> find_wide("a,b\n1,2\n".encode("utf-16-be")), find_wide(b"a,b\n1\0,2\n")
    ('utf-16-be', '')
    """
    head = data[: (1 << 16) & ~1]
    nuls = head.count(0)
    if len(head) < 4 or nuls < 0.02 * len(head):
        return ""
    for start, encoding, pad in ((1, "utf-16-le", b"%c\0"), (0, "utf-16-be", b"\0%c")):
        end = b"\n" if b"\n" in head else b"\r"
        ends = head.count(end) and head.count(pad % end) >= 0.9 * head.count(end)
        strict = ends and head[start::2].count(0) == nuls
        many = nuls > 0.1 * len(head) and head[start::2].count(0) >= 0.9 * nuls
        if strict or (many and pad % end in head):
            text = head[: len(head) & ~1].decode(encoding, errors="replace")
            if not any(
                unicodedata.category(c) in ("Cc", "Cn", "Co") for c in set(text) - set("\t\r\n")
            ):
                return encoding
    return ""


def _mostly_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    right = sum(ord(character) > 127 for character in text) - wrong
    return right > 10 * wrong


def _east_asian(sample: bytes) -> str:
    """Return the two-byte encoding whose characters stand together and are common ones, or ""."""
    best, best_score = "", 0.75
    for codec, ((low, high), name) in _EAST_ASIAN.items():
        text = sample.decode(codec, errors="replace")
        wide = [i for i, character in enumerate(text) if ord(character) > 0x2E7F]
        wrong = text.count("\ufffd")
        if len(wide) < 4 or wrong > 0.02 * len(wide):
            continue
        together = sum(
            (i > 0 and ord(text[i - 1]) > 0x2E7F)
            or (i + 1 < len(text) and ord(text[i + 1]) > 0x2E7F)
            for i in wide
        ) / len(wide)
        if together < 0.5:
            continue
        leads = [text[i].encode(codec, errors="replace")[0] for i in wide[:20000]]
        common = sum(low <= lead <= high for lead in leads) / len(leads)
        kana = sum(0x3040 <= ord(text[i]) <= 0x30FF for i in wide) / len(wide)
        odd = sum(
            0xE000 <= ord(text[i]) <= 0xF8FF or 0xFF61 <= ord(text[i]) <= 0xFF9F for i in wide
        ) / len(wide)
        hangul = sum("\uac00" <= text[i] <= "\ud7a3" for i in wide) / len(wide)
        bonus = {"cp932": 0.3 * kana, "euc_jp": 0.3 * kana, "cp949": 0.1 * (hangul > 0.95)}
        score = 0.9 * common + bonus.get(codec, 0.0) - odd - 5 * wrong / len(wide)
        if score > best_score:
            best, best_score = name, score
    return best


def _code_page(sample: bytes) -> str:
    """Return the one-byte code page that gives the most plausible letters."""
    scores = {name: _plausibility(sample, name, set(common)) for name, common in _COMMON.items()}
    scores["cp1252"] += 0.08
    best = max(scores, key=lambda name: scores[name])
    if best != "cp1252":
        return best
    try:
        sample.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def _plausibility(sample: bytes, encoding: str, common: set[str]) -> float:
    """Return the mean plausibility of the characters beyond ASCII, between -2 and 1."""
    text = sample.decode(encoding, errors="replace")
    total = count = 0.0
    for i, character in enumerate(text):
        if character < "\x80":
            continue
        before, after = text[i - 1 : i], text[i + 1 : i + 2]
        count += 1
        if character == "\ufffd" or unicodedata.category(character) in ("Cc", "Co", "Cn"):
            total -= 2
        elif not character.isalpha():
            inside = before.isalpha() and after.isalpha() and character not in "’'-–·"
            total += -1.0 if inside else 0.6 if character in common else 0.0
        elif character.isupper() and before.islower():
            total -= 1.0
        else:
            total += 1.0 if character in common else 0.1
            total -= _strangeness(text[max(i - 2, 0) : i + 2], character)
    return total / max(count, 1.0)


def _strangeness(around: str, character: str) -> float:
    """Return how odd a letter is among its neighbours: scripts mixed, or accents in a row."""
    ascii_beside = any(c.isalpha() and c < "\x80" for c in around[-3:])
    if character > "ɏ":
        return 1.0 if ascii_beside else 0.0
    return 1.0 if sum("\x80" <= c < "ɏ" and c.isalpha() for c in around[:3]) == 3 else 0.0


def _by_line(data: bytes) -> Decoded | None:
    """Decode a file of which some lines are UTF-8 and others not; None where they are all alike."""
    texts: list[str] = []
    odd: dict[int, bytes] = {}
    wide = 0
    for number, line in enumerate(data.split(b"\n")):
        try:
            texts.append(line.decode("utf-8"))
            wide += not line.isascii()
        except UnicodeDecodeError:
            texts.append("")
            odd[number] = line
    if wide < _FEW_LINES or 10 * wide < len(odd):
        return None
    name = _code_page(b"\n".join(odd.values())[: 1 << 15])
    for number, line in odd.items():
        texts[number] = line.decode(name, errors="replace")
    lines = f"{len(odd)} lines, from line {min(odd) + 1} on,"
    doubt = f"{lines} are not UTF-8 as the others and were read as {name}"
    return Decoded("\n".join(texts).removeprefix("\ufeff"), "utf-8", doubt)


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """Decode a whole file.

    Raises
    ------
    LookupError
        If the encoding named has no codec.
    """
    name = encoding or find_encoding(data)
    if encoding is None and name in _COMMON and (mixed := _by_line(data)):
        return mixed
    text = data.decode(name, errors="replace")
    doubt = ""
    if encoding is None and name == "utf-8" and (twice := _TWICE.search(text)):
        doubt = f"letters such as {twice.group()!r} look as if they had been decoded wrongly before"
    if "\ufffd" in text and "\ufffd".encode(name, errors="ignore") not in data:
        doubt = f"{text.count(chr(0xFFFD))} bytes are not valid {name} and show as \ufffd"
    return Decoded(text.removeprefix("\ufeff"), name, doubt)
