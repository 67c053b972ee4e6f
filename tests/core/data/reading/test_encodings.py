"""Every encoding in common use is found without being told."""

import pytest

from core.data.reading.encodings import decode, guess_encoding
from core.data.reading.table_reader import read_table

TEXTS = {
    "western": (
        ["Länge", "Größe", "été", "façade"],
        ["Börste é", "naïve", "señor"],
        ["utf-8", "utf-8-sig", "cp1252", "latin-1", "mac-roman", "cp850", "utf-16", "utf-32"],
    ),
    "central": (
        ["délka", "šířka", "výška", "odrůda"],
        ["červený", "žlutý", "růžový"],
        ["utf-8", "cp1250", "utf-16-le"],
    ),
    "cyrillic": (
        ["длина", "ширина", "высота", "вид растения"],
        ["красный цветок", "синий", "жёлтый лист"],
        ["utf-8", "cp1251", "koi8-r", "cp866", "utf-16-le", "utf-16-be"],
    ),
    "greek": (
        ["μήκος", "πλάτος", "ύψος", "είδος"],
        ["κόκκινο", "άσπρο", "μαύρο"],
        ["utf-8", "cp1253"],
    ),
    "japanese": (
        ["花びらの長さ", "幅", "高さ", "種類"],
        ["赤い花", "青い花です", "カタカナ"],
        ["utf-8", "shift_jis", "euc_jp"],
    ),
    "chinese": (
        ["花瓣长度", "宽度", "高度", "品种"],
        ["红色的花", "白色", "山地植物"],
        ["utf-8", "gb18030"],
    ),
    "taiwan": (["花瓣長度", "寬度", "高度", "品種"], ["紅色的花", "白色", "山地植物"], ["big5"]),
    "korean": (
        ["꽃잎 길이", "너비", "높이", "종류"],
        ["빨간 꽃", "파란 꽃", "노란 꽃"],
        ["euc_kr"],
    ),
}
CASES = [(script, encoding) for script, case in TEXTS.items() for encoding in case[2]]


@pytest.mark.parametrize(("script", "encoding"), CASES)
def test_names_and_labels_are_read_in_any_encoding(tmp_path, script, encoding):
    names, labels, _ = TEXTS[script]
    rows = [[f"{i}.5", str(i), str(i % 7), labels[i % 3]] for i in range(30)]
    path = tmp_path / "t.csv"
    path.write_bytes("\r\n".join(";".join(row) for row in [names, *rows]).encode(encoding))
    table = read_table(path)
    assert table.names == tuple(names)
    assert set(table.columns[3].values) == set(labels)
    assert not table.problems


def test_ascii_and_utf8_cut_in_a_character_are_utf8():
    assert guess_encoding(b"a,b\n1,2\n").value == "utf-8"
    assert guess_encoding("größe".encode()[:3], is_cut=True).value == "utf-8"


def test_a_stray_byte_in_utf8_is_told(tmp_path):
    rows = "\n".join(f"{i},größe" for i in range(30)).encode()
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n" + rows + b"\n30,gr\xf6\xdfe\n")
    table = read_table(path)
    assert table.dialect.encoding == "utf-8"
    assert table.problem_counts["encoding"] == 1


def test_the_user_has_the_last_word(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("é,b\n1,2\n3,4\n".encode())
    assert read_table(path, encoding="latin-1").names == ("Ã©", "b")


def test_decoding_reports_no_doubt_where_the_text_itself_has_replacement_characters():
    assert decode("a\ufffdb".encode()).guess.doubt == ""
