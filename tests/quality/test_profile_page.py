"""The profile as a page: what is in the tables, escaped, and nothing of sensitive columns."""

from pathlib import Path

import duckdb
import pytest
from lxml import html

from lienthong.kernel import i18n
from lienthong.quality import description
from lienthong.quality.profile_page import PAGE, write_page
from lienthong.quality.profiling import profile
from lienthong.quality.profiling_units import profile_units
from lienthong.quality.tables import STANDARDISED
from lienthong.quality.units import NO_UNITS
from tests.quality.standardising.conftest import UNITS
from tests.support import standardised

REGISTRY = description.load("member").registry
SECRET = "001060000001"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def folder(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    """Tables of a hundred records, of which half have a name and one has a script for one."""
    rows = [
        {
            "unit": "00004" if at < 10 else None,
            "full_name": SCRIPT if at == 7 else "Lê Văn Tám" if at % 2 == 0 else None,
            "cell": SCRIPT,
            "birth_date_unread": SCRIPT if at == 3 else None,
            "personal_number": SECRET,
            "phone_unread": SECRET,
        }
        for at in range(100)
    ]
    made = standardised.write(connection, REGISTRY, rows, tmp_path / STANDARDISED)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW records AS SELECT CAST(COLUMNS(*) AS VARCHAR) FROM '{made}'")
    profile(connection, REGISTRY, tmp_path)
    profile_units(connection, REGISTRY, tmp_path, source=made)
    connection.execute("DROP VIEW records")
    return tmp_path


def _cells(row: html.HtmlElement) -> list[str]:
    return [" ".join(cell.text_content().split()) for cell in row]


def test_columns_and_units(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    write_page(connection, REGISTRY, folder, units=NO_UNITS)
    page = html.fromstring((folder / PAGE).read_text())
    columns, units, *_inside = page.cssselect("tbody")
    rows = {row[0].text: _cells(row) for row in columns}
    title = REGISTRY.column("full_name").title.en
    assert len(rows) == len(REGISTRY.columns)
    assert rows[title][1:4] == ["51.0 %", "2", f"10–{len(SCRIPT)}"]
    assert rows[title][5] == f"Lê Văn Tám{SCRIPT}"
    assert not page.cssselect("script")
    assert [_cells(row)[:2] for row in units] == [["without a unit", "90"], ["00004", "10"]]


def test_each_unit_opens(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    write_page(connection, REGISTRY, folder, units=NO_UNITS)
    page = html.fromstring((folder / PAGE).read_text())
    found = page.cssselect("details")
    assert [each[0].text for each in found] == ["without a unit", "00004"]
    assert [link.get("href") for link in page.cssselect("tbody a")] == [f"#{each[1].get('id')}" for each in found]
    assert [each[1].get("aria-labelledby") for each in found] == [each[0].get("id") for each in found]
    rows = {row[0].text: _cells(row)[1:] for row in found[1].cssselect("tbody tr")}
    title = {column.name: column.title.en for column in REGISTRY.columns}
    withheld = "sensitive: values are not shown"
    # Nobody has an alias here.
    assert rows == {
        title["cell"]: ["100.0 %", "1", "<a>a(9)</a>", SCRIPT, ""],
        title["full_name"]: ["60.0 %", "2", "Aa Aa Aa<a>a(9)</a>", "Lê Văn Tám", ""],
        title["birth_date"]: ["0.0 %", "0", "", "", SCRIPT],
        title["personal_number"]: ["100.0 %", "1", "9", withheld, withheld],
    }


def test_units_have_names(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    write_page(connection, REGISTRY, folder, units=UNITS)
    page = html.fromstring((folder / PAGE).read_text())
    assert [each.text for each in page.cssselect("summary")] == ["without a unit", "Phường Ba Đình"]


def test_values_of_sensitive_columns_are_nowhere(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    assert REGISTRY.column("personal_number").sensitive
    write_page(connection, REGISTRY, folder, units=NO_UNITS)
    text = (folder / PAGE).read_text()
    assert SECRET not in text
    assert "sensitive: values are not shown" in text


def test_it_speaks_the_readers_language(
    connection: duckdb.DuckDBPyConnection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(i18n._Choice, "language", "vi")
    monkeypatch.setattr(i18n._Choice, "catalogue", i18n.catalogue_of("vi"))
    write_page(connection, REGISTRY, folder, units=NO_UNITS)
    page = html.fromstring((folder / PAGE).read_text())
    assert page.get("lang") == "vi"
    assert REGISTRY.title.vi in page.cssselect("h1")[0].text_content()
    assert "Columns" not in page.text_content()


def test_without_the_input_there_are_units_alone(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    (folder / "profile.parquet").unlink()
    write_page(connection, REGISTRY, folder, units=NO_UNITS)
    page = html.fromstring((folder / PAGE).read_text())
    assert not page.cssselect("#columns")
    assert len(page.cssselect("tbody")) == 1 + len(page.cssselect("details"))
