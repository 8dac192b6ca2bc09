"""The profile as a page: what is in the tables, escaped, and nothing of sensitive columns."""

from pathlib import Path

import duckdb
import pytest
from lxml import html

from lienthong.kernel import i18n
from lienthong.quality import description
from lienthong.quality.profile_page import PAGE, write_page
from lienthong.quality.profiling import profile, profile_units
from lienthong.quality.units import NO_UNITS

REGISTRY = description.load("member").registry
SECRET = "001060000001"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def folder(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    """Tables of a hundred records, of which half have a name and one has a script for one."""
    chosen = {
        "full_name": f"CASE WHEN n = 7 THEN '{SCRIPT}' WHEN n % 2 = 0 THEN 'Lê Văn Tám' END",
        "personal_number": f"'{SECRET}'",
    }
    values = ", ".join(f"{chosen.get(each.name, 'CAST(NULL AS VARCHAR)')} AS {each.name}" for each in REGISTRY.columns)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW records AS SELECT {values} FROM range(100) t(n)")
    profile(connection, REGISTRY, tmp_path)
    made = tmp_path / "standardised.parquet"
    unit = "CASE WHEN n < 10 THEN '00004' END AS unit"
    connection.execute(f"COPY (SELECT {values}, {unit} FROM range(100) t(n)) TO '{made}' (FORMAT parquet)")
    profile_units(connection, REGISTRY, tmp_path, source=made)
    connection.execute("DROP VIEW records")
    return tmp_path


def _cells(row: html.HtmlElement) -> list[str]:
    return [" ".join(cell.text_content().split()) for cell in row]


def test_columns_and_units(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    write_page(connection, REGISTRY, folder, units=NO_UNITS)
    page = html.fromstring((folder / PAGE).read_text())
    columns, units = page.cssselect("tbody")
    rows = {row[0].text: _cells(row) for row in columns}
    title = REGISTRY.column("full_name").title.en
    assert len(rows) == len(REGISTRY.columns)
    assert rows[title][1:4] == ["51.0 %", "2", f"10–{len(SCRIPT)}"]
    assert rows[title][5] == f"Lê Văn Tám{SCRIPT}"
    assert not page.cssselect("script")
    assert [_cells(row)[:2] for row in units] == [["without a unit", "90"], ["00004", "10"]]


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
    assert len(html.fromstring((folder / PAGE).read_text()).cssselect("tbody")) == 1
