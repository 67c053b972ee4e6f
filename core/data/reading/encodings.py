"""Stage bytes -> text: guess the encoding and decode; every replaced byte is reported."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace

from core.data.reading.read_options import GUESS_ALL, ReadOptions
from core.data.reading.table import NO_PROBLEMS, Guess, ProblemLog, Problems

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ALPHABETS = {
    "cp1252": (
        "éèàêçâîôûùëïüœæÉÀÈÊÇ",  # French
        "üäößÜÄÖ",
        "óíáéñúüÑÁÉÍÓÚ",  # Spanish
        "ãçáéíóúâêõôàÁÉÃÇ",  # Portuguese
        "åäöøæéÅÄÖØÆ",  # Nordic languages
        "àèéìíòóùÀÈ",  # Italian
        "áðéíóúýþæöÁÐÉÍÓÚÝÞÆÖ",  # Icelandic
        "éëïöüèêáó",  # Dutch
    ),
    "cp1250": (
        "íáéěýřžčšůúťňďóŽŠČŘÚÁĎ",  # Czech
        "áíéčšžýúťľôňäďóŕĺŠČŽĽ",  # Slovak
        "łóążęśćńźŁŚŻĆÓŹ",  # Polish
        "áéóöőíüúűÁÉÖÓŐÜÍÚŰ",  # Hungarian
        "ăşţâîŞŢÂÎĂ",  # Romanian
        "čšžćđČŠŽĆĐ",  # Croatian, Slovene
    ),
    "cp1251": (
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёСПВНМКОРАДИТБГЗУЭФЕЛЯШЧХЖЦЮЩЁЙ",  # Russian
        "оаинвітерслкмдупзгябчхьйїюжцщєшфґКСПВДОТІАМНЗРБЛШГЧХУЄЯЖЦЮЩЇФ",  # Ukrainian
    ),
    "cp1253": ("αοιετσνηυρπκμλςγδωχθφβξζψάέήίόύώΑΠΚΣΜΤΕΟΗΝΙΘΔΛΓΡΦΧΒΥΆΈΉΊΌΎΏ",),
    "cp1254": ("ıişğüçöİŞÜÇÖĞ",),
    "cp1255": ("יוהלארתמבשנעםכדקחפטגצזןסץךף",),
    "cp1257": (
        "āīēšūņļģžčķĀĪĒŠŪŅĻĢŽČĶ",  # Latvian
        "ėšųžįčąūęŠĖŽČĮŲĄŪĘ",  # Lithuanian
        "äõüöšžÄÕÜÖŠŽ",  # Estonian
    ),
}
"""The letters beyond ASCII of the languages of each code page, the commonest first."""

_SAME_LANGUAGES = {
    "iso8859-2": "cp1250",
    "koi8-r": "cp1251",
    "cp866": "cp1251",
    "cp850": "cp1252",
    "mac-roman": "cp1252",
}
_VOWELS = {
    "cp1251": "аеёиоуыэюяіїєАЕЁИОУЫЭЮЯІЇЄ",
    "cp1253": "αεηιουωάέήίόύώΑΕΗΙΟΥΩΆΈΉΊΌΎΏ",
}
_CODE_PAGES = (*_ALPHABETS, *_SAME_LANGUAGES)
_PRIOR = {"cp1252": 0.08, "iso8859-2": -0.05, "cp850": -0.3, "mac-roman": -0.45}
"""How much readier a code page is believed: of two that fit alike, the commoner one."""

_SIGNS = "–—’‘“”„…•°€£²³µ½¼®©™ºª¿¡«»·×±§´№\u00a0"
_WORD_ENDS = "ςךםןףץ"  # letters that only end a word
_FEWEST_VOWELS = 0.25  # of the letters; Russian and Greek have over 0.4
_FEW_BYTES, _WORDS_OF_ONE_LANGUAGE = 24, 0.7
_CLOSE = 0.1  # code pages whose scores differ by less are both offered
_EAST_ASIAN = {
    "cp950": ((0xA4, 0xC6), "big5"),
    "gb18030": ((0xB0, 0xD7), "gb18030"),
    "cp932": ((0x82, 0x97), "cp932"),
    "euc_jp": ((0xA4, 0xCF), "euc_jp"),
    "cp949": ((0xB0, 0xC8), "cp949"),
}
_FEW_LINES = 3
_DECODED_TWICE = re.compile("[ÃÂ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


@dataclass(frozen=True, slots=True)
class Text:
    """A file's content as text.

    Attributes
    ----------
    content : str
        Without a byte-order mark.
    guess : Guess
        The encoding.
    problems : Problems
    """

    content: str
    guess: Guess
    problems: Problems = NO_PROBLEMS

    @property
    def encoding(self) -> str:
        """The codec's name."""
        return str(self.guess.value)


def decode(data: bytes, options: ReadOptions = GUESS_ALL) -> Text:
    """Decode a file.

    Parameters
    ----------
    data : bytes
        The whole content, or whole lines of it.
    options : ReadOptions
        An encoding given there is used as it is.
    """
    guess = Guess("encoding", options.encoding) if options.encoding else guess_encoding(data)
    name = str(guess.value)
    if options.encoding is None and name in _CODE_PAGES and (mixed := _decode_by_line(data)):
        content, doubt = mixed
        guess = Guess("encoding", "utf-8", 0.5, doubt)
    else:
        content = data.decode(name, errors="replace")
        if doubt := _doubt_of(content, data, name, is_given=options.encoding is not None):
            guess = replace(guess, confidence=min(guess.confidence, 0.5), doubt=doubt)
    log = ProblemLog()
    if guess.doubt:
        log.add("encoding", f"Doubtful: {guess.doubt}.")
    # a mark inside the text comes from files that were pasted together
    return Text(_without_marks(content), guess, log.problems())


def _doubt_of(content: str, data: bytes, name: str, is_given: bool) -> str:
    """Return what looks wrong about a text that was decoded; "" for nothing."""
    if "\ufffd" in content and "\ufffd".encode(name, errors="ignore") not in data:
        return f"{content.count(chr(0xFFFD))} bytes are not valid {name} and show as \ufffd"
    if not is_given and name == "utf-8" and (twice := _DECODED_TWICE.search(content)):
        letters = repr(twice.group())
        return f"letters such as {letters} look as if they had been decoded wrongly before"
    return ""


def _without_marks(content: str) -> str:
    """Take off byte-order marks: at the start, and where another file was appended."""
    content = content.removeprefix("\ufeff")
    return re.sub(r"(?<=[\r\n])\ufeff", "", content) if "\ufeff" in content else content


def guess_encoding(data: bytes, is_cut: bool = False) -> Guess:
    """Guess in which encoding the bytes make most sense.

    A byte-order mark decides; then zero bytes at every other place (UTF-16); then valid UTF-8;
    then the code page under which the letters beyond ASCII are the commonest of one language.

    Parameters
    ----------
    data : bytes
        The file, or its head.
    is_cut : bool
        Whether the bytes may end in the middle of a character.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return Guess("encoding", encoding)
    wide = find_utf_16(data)
    if wide:
        return Guess("encoding", wide)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, not is_cut)
        return Guess("encoding", "utf-8")
    except UnicodeDecodeError:
        pass
    high = re.findall(rb"[^\n]*[\x80-\xff][^\n]*", data[: 1 << 22])
    sample = b"\n".join(high)[: 1 << 15]
    if _is_mostly_utf_8(sample):
        return Guess("encoding", "utf-8", 0.8)
    east_asian, page = _east_asian(sample), _code_page(sample)
    if not east_asian:
        return page
    few = sum(byte > 0x7F for byte in sample) < _FEW_BYTES
    if few and _plausibility(sample, str(page.value)) > _WORDS_OF_ONE_LANGUAGE:
        doubt = page.doubt or f"it may be {page.value} or {east_asian}"
        return replace(page, confidence=0.5, doubt=doubt, others=(*page.others, east_asian))
    return Guess("encoding", east_asian, 0.8)


def find_utf_16(data: bytes) -> str:
    r"""Return the UTF-16 without a byte-order mark that zero bytes betray, or "".

    All zeros stand at the same parity, each line end has one beside it, and the text so decoded
    has no control characters. Scripts in which a zero or line feed may be half of a letter, such as
    Chinese, need more zeros than chance NUL bytes would bring.

    Examples
    --------
    >>> find_utf_16("a,b\n1,2\n".encode("utf-16-be")), find_utf_16(b"a,b\n1\0,2\n")
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


def _is_mostly_utf_8(sample: bytes) -> bool:
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


def _code_page(sample: bytes) -> Guess:
    """Guess the one-byte code page, by the letters that it gives; those as likely are offered."""
    scores = {name: _plausibility(sample, name) + _PRIOR.get(name, 0.0) for name in _CODE_PAGES}
    names = sorted(scores, key=lambda name: -scores[name])
    best, text = names[0], sample.decode(names[0], errors="replace")
    close = [name for name in names[1:] if scores[best] - scores[name] < _CLOSE]
    others = {name: sample.decode(name, errors="replace") for name in close}
    others = {
        name: other for name, other in others.items() if other != text and "\ufffd" not in other
    }
    if best == "cp1252" and "\ufffd" in text:
        return Guess("encoding", "latin-1", 0.7)
    if not others:
        return Guess("encoding", best, 0.9)
    name, other = next(iter(others.items()))
    here, there = _first_difference(text, other)
    doubt = f"it may be {best} ({here!r}) or {name} ({there!r}); set the encoding if it looks wrong"
    return Guess("encoding", best, 0.5, doubt, tuple(others))


def _first_difference(one: str, other: str) -> tuple[str, str]:
    """Return the words in which two readings of the same bytes first differ."""
    at = next(i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    start = max((one.rfind(mark, 0, at) for mark in ' ,;|\t\n"'), default=-1) + 1
    stop = min((end for mark in ' ,;|\t\r\n"' if (end := one.find(mark, at)) > 0), default=at + 12)
    return one[start:stop][:40], other[start:stop][:40]


def _plausibility(sample: bytes, encoding: str) -> float:
    """Return how plausible the characters beyond ASCII are as text of one language: -2 to 1."""
    text = sample.decode(encoding, errors="replace")
    shape = total = 0.0
    counts: Counter[str] = Counter()
    for i, character in enumerate(text):
        if character < "\x80":
            continue
        total += 1
        before, after = text[i - 1 : i], text[i + 1 : i + 2]
        if character == "\ufffd" or unicodedata.category(character) in ("Cc", "Co", "Cn"):
            shape -= 2.0
        elif character in _SIGNS or not character.isalpha():
            shape += _sign_score(before, character, after)
        else:
            counts[character] += 1
            shape -= _oddness(before, character, after)
    if not total:
        return 0.0
    languages = _SAME_LANGUAGES.get(encoding, encoding)
    alphabets, vowels = _ALPHABETS[languages], _VOWELS.get(languages, "")
    if vowels and sum(counts[letter] for letter in vowels) < _FEWEST_VOWELS * counts.total():
        shape -= 0.3 * counts.total()
    known = frozenset("".join(alphabets))
    return (shape + max(_letter_score(counts, each, known) for each in alphabets)) / total


def _letter_score(counts: Counter[str], alphabet: str, known: frozenset[str]) -> float:
    """Sum how common the letters are in one language: 1 to 0.5, and 0.4 for its neighbours'."""
    rank = {letter: i / len(alphabet) for i, letter in enumerate(alphabet)}
    return sum(
        count * (1.0 - 0.5 * rank[letter] if letter in rank else 0.4 * (letter in known))
        for letter, count in counts.items()
    )


def _sign_score(before: str, sign: str, after: str) -> float:
    inside_word = before.isalpha() and after.isalpha() and sign not in "’–·"
    if inside_word:
        return -1.0
    if after.isalpha() and sign in "®©™ºª":
        return 0.0
    return 0.7 if sign in _SIGNS else 0.0


def _oddness(before: str, letter: str, after: str) -> float:
    """Return how odd a letter is beside its neighbours: other scripts, digits, a capital inside."""
    if letter.isupper() and before.islower():
        return 3.0
    if letter.isupper() and before.isalpha() and after.islower():
        return 1.0
    if letter in _WORD_ENDS and after.isalpha():
        return 2.0
    beside = [c for c in (before, after) if c.isalpha()]
    if letter > "\u024f":  # a script of its own: a word has several of its letters
        return 2.0 if any(c < "\x80" for c in beside) else 0.0 if beside else 1.0
    return 0.8 if not beside and (before.isdigit() or after.isdigit()) else 0.0


def _decode_by_line(data: bytes) -> tuple[str, str] | None:
    """Decode a file of which some lines are UTF-8 and others not, with the doubt about it.

    None where they are all alike.
    """
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
    name = str(_code_page(b"\n".join(odd.values())[: 1 << 15]).value)
    for number, line in odd.items():
        texts[number] = line.decode(name, errors="replace")
    lines = f"{len(odd)} lines, from line {min(odd) + 1} on,"
    return "\n".join(texts), f"{lines} are not UTF-8 as the others and were read as {name}"
