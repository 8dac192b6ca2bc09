"""Records come from files in every usual form; what is wrong is refused with file, line and column."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet

from lienthong.quality import description
from lienthong.quality.description import Registry
from lienthong.quality.errors import RecordsRefused
from lienthong.quality.reading import Records, encodings, read

type Row = tuple[Any, ...]
type Reading = Callable[..., tuple[Records, list[Row]]]

REGISTRY = description.load("person").registry
MEMBERS = description.load("member").registry


@pytest.fixture
def reading(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Reading:
    """Return a function that reads a file or folder and returns what was read and the rows."""
    (tmp_path / "scratch").mkdir()

    def go(
        source: Path,
        columns: str = "record_id, surname",
        registry: Registry = REGISTRY,
        mapping: Mapping[str, str] | None = None,
        extra: Sequence[str] = (),
    ) -> tuple[Records, list[Row]]:
        scratch = tmp_path / "scratch"
        records = read(connection, registry, source, scratch=scratch, mapping=mapping, extra=extra)
        return records, connection.execute(f"SELECT {columns} FROM records").fetchall()

    return go


def put(tmp_path: Path, name: str, content: str | bytes) -> Path:
    """Write a file."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_any_delimiter_and_encoding(reading: Reading, tmp_path: Path, delimiter: str, encoding: str) -> None:
    lines = ["rec_id,Last name,Height", '1,"Trần\nB ""x""",3', "2,,4"]
    text = "\r\n".join(lines).replace(",", delimiter)
    records, rows = reading(put(tmp_path, "a.csv", text.encode(encoding)))
    assert rows == [("1", 'Trần\nB "x"'), ("2", None)]
    assert (records.count, records.columns["surname"], records.columns["sex"]) == (2, "Last name", None)
    assert records.ignored == ("Height",)


def test_delimiters_in_quoted_headings_do_not_count(reading: Reading, tmp_path: Path) -> None:
    assert reading(put(tmp_path, "a.csv", 'id;"surname";"a,b,c,d"\n1;X;2\n'))[1] == [("1", "X")]


@pytest.mark.parametrize(
    ("encoding", "value", "read_as"),
    [
        ("cp1258", "Nguye\u0302\u0303n Thi\u0323 Hươ\u0300ng Trâ\u0300n", None),
        # TCVN3 and VNI are fonts: to the file they are Western letters.
        ("cp1252", "Uû ban nh©n d©n", None),
        ("cp1252", "Müller", None),
    ],
    ids=["cp1258", "tcvn3", "western"],
)
def test_legacy_code_pages(reading: Reading, tmp_path: Path, encoding: str, value: str, read_as: str | None) -> None:
    # What the code page has in one piece is written in one piece.
    data = value.replace("e\u0302", "ê").encode(encoding)
    rows = reading(put(tmp_path, "a.csv", b"id,surname\n1," + data + b"\n"))[1]
    assert rows == [("1", read_as or data.decode(encoding))]


def test_a_mixture_of_encodings_is_refused_at_its_line(reading: Reading, tmp_path: Path) -> None:
    data = "id,surname\n1,Trần\n2,Đỗ\n".encode() + b"3,M\xfcller\n"
    with pytest.raises(RecordsRefused, match=r"a\.csv, line 4, column 2: not UTF-8, while 2 other lines are"):
        reading(put(tmp_path, "a.csv", data))


def test_a_character_cut_by_the_end_is_refused(reading: Reading, tmp_path: Path) -> None:
    with pytest.raises(RecordsRefused, match=r"a\.csv, line 3, column 2"):
        reading(put(tmp_path, "a.csv", "id,surname\n1,Trần\n2,Đ".encode()[:-1]))


def test_bytes_without_meaning_are_refused(reading: Reading, tmp_path: Path) -> None:
    with pytest.raises(RecordsRefused, match=r"line 2.*byte 81 means nothing in cp1252"):
        reading(put(tmp_path, "a.csv", b"id,surname\n1,M\x81\n"))


@pytest.mark.parametrize("data", [b"id,surname\n1,a\0b\n", b"id\0\0\0", b"id,surname\n" + b"1,a\n" * 2000 + b"\0"])
def test_zero_bytes_are_refused(reading: Reading, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(RecordsRefused, match="zero byte"):
        reading(put(tmp_path, "a.csv", data))


def test_a_file_of_one_endless_line_is_refused_early(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"id,surname\n1,")
        # Ten GB that take no room on the disk; zero bytes are looked for only after the line's length.
        file.truncate(10 << 30)
    with pytest.raises(RecordsRefused, match=r"a\.csv, line 2: the line is longer than 1048576 bytes|zero byte"):
        encodings.survey(path)


def test_a_long_line_is_refused_with_its_number(reading: Reading, tmp_path: Path) -> None:
    with pytest.raises(RecordsRefused, match=r"a\.csv, line 3: the line is longer"):
        reading(put(tmp_path, "a.csv", b"id,surname\n1,b\n2," + b"x" * 3_000_000))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: the file is empty"),
        ("id,,surname\n", "line 1, column 2: the heading is empty"),
        ("id,surname,surname\n", "line 1, column 3: the heading 'surname' is there twice"),
        ("surname\nA\n", "line 1: missing columns: record_id"),
        ("id,surname\n1,a\n2,b,c\n", "line 3"),
        ("id,surname\n1,a\n2\n", "line 3"),
        ('id,surname\n1,a\n2,"b\n3,c\n', "line 3"),
        ("id,surname\n1,a\n,b\n", "line 3, column id: the record has no id"),
        ('id,surname\n7,"a\nb"\n8,b\n7,c\n', "line 5, column id: the id '7' is that of a.csv, line 2, column id too"),
        ("id,surname\n1,a\n2,=SUM(A1)\n", "line 3, column surname: a formula: '=SUM"),
        ("id,surname\n1,@SUM(A1)\n", "line 2, column surname: a formula"),
        ("id,surname\n1,+cmd|' /C calc'!A0\n", "column"),
    ],
    ids=range(12),
)
def test_what_is_wrong_is_named(reading: Reading, tmp_path: Path, content: str, message: str) -> None:
    path = put(tmp_path, "a.csv", content)
    if "cmd" in content:
        path.write_text(content.replace("cmd|' /C calc'!A0", "cmd!A0"), encoding="utf-8")
    with pytest.raises(RecordsRefused, match=re.escape(message)):
        reading(path)


def test_signs_before_numbers_are_no_formulas(reading: Reading, tmp_path: Path) -> None:
    rows = reading(put(tmp_path, "a.csv", "id,phone\n1,+84 912\n2,-\n3,@\n"), "phone")[1]
    assert rows == [("+84 912",), ("-",), ("@",)]


def test_what_keeps_zeros_in_spreadsheets_is_taken_off(reading: Reading, tmp_path: Path) -> None:
    assert reading(put(tmp_path, "a.csv", 'id,surname\n"=""0012""",x\n'), "record_id")[1] == [("0012",)]


def test_members_need_their_columns(reading: Reading, tmp_path: Path) -> None:
    with pytest.raises(RecordsRefused, match=r"missing columns: .*birth_date") as caught:
        reading(put(tmp_path, "a.csv", "id,Họ và tên\n1,A\n"), registry=MEMBERS)
    assert "The file has: id, Họ và tên. Where one is called otherwise: --map FIELD=COLUMN." in str(caught.value)


def test_headings_in_other_words(reading: Reading, tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "nr,Zuname,truth\n1,A,7\n")
    rows = reading(
        path, "record_id, surname, truth", mapping={"record_id": "nr", "surname": "zuname"}, extra=["truth"]
    )[1]
    assert rows == [("1", "A", "7")]


@pytest.mark.parametrize(
    ("mapping", "message"), [({"surname": "none"}, "no column 'none'"), ({"colour": "id"}, "--map colour")], ids=[1, 2]
)
def test_a_mapping_must_fit(reading: Reading, tmp_path: Path, mapping: dict[str, str], message: str) -> None:
    with pytest.raises(RecordsRefused, match=message):
        reading(put(tmp_path, "a.csv", "id\n1\n"), mapping=mapping)


def test_parquet_of_any_types(reading: Reading, tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2], "Surname": ["A", ""], "dob": [date(1960, 5, 1), None]})
    parquet.write_table(table, tmp_path / "a.parquet")
    rows = reading(tmp_path / "a.parquet", "record_id, surname, birth_date")[1]
    assert rows == [("1", "A", "1960-05-01"), ("2", None, None)]


def test_parquet_with_an_id_twice(reading: Reading, tmp_path: Path) -> None:
    parquet.write_table(pa.table({"id": ["1", "2", "1"]}), tmp_path / "a.parquet")
    with pytest.raises(
        RecordsRefused, match=r"a\.parquet, line 3, column id: the id '1' is that of a\.parquet, line 1"
    ):
        reading(tmp_path / "a.parquet")


@pytest.mark.parametrize("keep", [0, 3, 8, -1, -200], ids=["nothing", "3", "8", "all but one", "all but 200"])
def test_a_truncated_parquet_is_refused(reading: Reading, tmp_path: Path, keep: int) -> None:
    parquet.write_table(pa.table({"id": [str(number) for number in range(1000)]}), tmp_path / "a.parquet")
    put(tmp_path, "a.parquet", (tmp_path / "a.parquet").read_bytes()[:keep])
    with pytest.raises(RecordsRefused, match=r"a\.parquet: (this is no Parquet|the file is cut off)"):
        reading(tmp_path / "a.parquet")


def test_a_damaged_footer_is_refused(reading: Reading, tmp_path: Path) -> None:
    put(tmp_path, "a.parquet", b"PAR1" + b"\xff" * 40 + b"PAR1")
    with pytest.raises(RecordsRefused, match=r"footer"):
        reading(tmp_path / "a.parquet")


def book(tmp_path: Path, rows: list[list[Any]]) -> Path:
    """Write a spreadsheet."""
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.worksheets[0].append(row)
    workbook.save(tmp_path / "a.xlsx")
    return tmp_path / "a.xlsx"


def test_spreadsheets(reading: Reading, tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["ID", "Họ", "dob", "phone", None],
        [1, "Trần", date(1960, 5, 1), 912.0],
        [],
        [2, True, "1960", 0.5],
    ]
    path = book(tmp_path, rows)
    assert reading(path, "record_id, surname, birth_date, phone", mapping={"surname": "Họ"})[1] == [
        ("1", "Trần", "1960-05-01", "912"),
        ("2", "1", "1960", "0.5"),
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["id", "surname"], [1, "a"], [2, "=A1"]], "a.xlsx, line 3, column surname: a formula: '=A1'"),
        ([["id", "surname"], [1, "a"], [], [1, "b"]], "a.xlsx, line 4, column id: the id '1'"),
        ([["id", None, "surname"]], "line 1, column 2: the heading is empty"),
        ([], "line 1: the first sheet is empty"),
    ],
    ids=range(4),
)
def test_what_is_wrong_in_a_spreadsheet_is_named(
    reading: Reading, tmp_path: Path, rows: list[Any], message: str
) -> None:
    with pytest.raises(RecordsRefused, match=re.escape(message)):
        reading(book(tmp_path, rows))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"text"], ids=["empty", "cut", "text"])
def test_what_is_no_spreadsheet_is_refused(reading: Reading, tmp_path: Path, content: bytes) -> None:
    with pytest.raises(RecordsRefused, match="no XLSX file"):
        reading(put(tmp_path, "a.xlsx", content))


def test_a_folder_is_read_as_one(reading: Reading, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    put(folder, "b.csv", "rec_id;surname\n2;B\n")
    put(folder, "a.csv", "id,sex\n1,f\n")
    put(folder, ".hidden.csv", "x")
    put(folder, "notes.md", "x")
    records, rows = reading(folder, "record_id, surname, sex")
    assert rows == [("1", None, "f"), ("2", "B", None)]
    assert [path.name for path in records.files] == ["a.csv", "b.csv"]
    assert records.columns["surname"] == "surname"


def test_an_id_in_two_files_is_refused(reading: Reading, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    put(folder, "a.csv", "id\n1\n2\n")
    put(folder, "b.csv", "id\n3\n2\n")
    with pytest.raises(RecordsRefused, match=r"b\.csv, line 3, column id: the id '2' is that of a\.csv, line 3"):
        reading(folder)


@pytest.mark.parametrize("name", ["none.csv", "a.doc", "empty"])
def test_what_cannot_be_read_at_all_is_refused(reading: Reading, tmp_path: Path, name: str) -> None:
    put(tmp_path, "a.doc", b"x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordsRefused, match=name):
        reading(tmp_path / name)
