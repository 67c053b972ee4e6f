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


SHORT = {
    "cp1252": ["18–25", "don’t", "“yes”", "5 €", "• one", "5 °C", "élève", "Größe", "coração"],
    "cp1250": ["město", "Žďár", "łódź", "żółty", "kőszeg"],
    "iso8859-2": ["Žďár", "zavřeno"],
    "cp1254": ["ığdır", "güneş"],
    "cp1255": ["שלום", "ירושלים"],
    "cp1257": ["ģimene", "žuvis", "ąžuolas"],
}


@pytest.mark.parametrize(
    ("encoding", "word"), [(name, word) for name, words in SHORT.items() for word in words]
)
def test_a_short_file_in_a_code_page_is_read_or_its_doubt_offers_the_right_one(encoding, word):
    data = f"name;x\n{word};1\n{word};2\n".encode(encoding)
    guess = guess_encoding(data)
    readings = [data.decode(str(name)) for name in (guess.value, *guess.others)]
    assert word in "".join(readings)
    if word not in readings[0]:
        assert repr(word) in guess.doubt or str(guess.others[0]) in guess.doubt
        assert guess.confidence <= 0.5


def test_marks_of_appended_files_are_taken_off():
    assert decode("a\n1\n\ufeffa\n2\n".encode("utf-8-sig")).content == "a\n1\na\n2\n"


def test_lines_of_another_encoding_are_decoded_by_it_and_told():
    data = b"".join(f"größe {i}\n".encode("cp1252" if i % 3 == 2 else "utf-8") for i in range(60))
    text = decode(data)
    assert text.content.count("größe") == 60
    assert "20 lines, from line 3 on" in text.guess.doubt
    assert text.problems.counts == {"encoding": 1}
