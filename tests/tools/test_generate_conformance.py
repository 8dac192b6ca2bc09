"""The page of conformance: up to date, every line of the interface with a test, no mark without a line."""

from pathlib import Path

import pytest

from tools.generate_conformance import LINES, PAGE, ROOT, LineUnknown, covered, defects, listed, marked, page, written

LIST = """
[[section]]
title = "Call"
line = [{ name = "a", says = "A" }, { name = "b", says = "B", awaits = "more" }]
[[section]]
title = "Other"
line = [{ name = "c", says = "C", tests = ["tests/test_x.py::test_listed"] }]
"""
TESTS = """
import pytest

@pytest.mark.slow
@pytest.mark.line("Call: a", "Other: c")
def test_one(): ...

@pytest.mark.line("Call: a")
async def test_two(): ...

def test_listed(): ...
"""
FAILING = """
@pytest.mark.xfail(strict=True, reason="it is broken")
def test_broken(): ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tests/conformance").mkdir(parents=True)
    (tmp_path / "tests/conformance/test_y.py").write_text(FAILING, encoding="utf-8")
    (tmp_path / "tests/test_x.py").write_text(TESTS, encoding="utf-8")
    return tmp_path


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_line_that_is_built_has_a_test() -> None:
    lines = listed(LINES.read_text(encoding="utf-8"))
    tests = covered(lines, marked(ROOT), ROOT)
    assert [name for name, line in lines.items() if not tests[name] and not line.awaits] == []


def test_marks_and_the_list_name_the_tests_of_a_line(folder: Path) -> None:
    tests = covered(listed(LIST), marked(folder), folder)
    assert tests == {
        "Call: a": ["tests/test_x.py::test_one", "tests/test_x.py::test_two"],
        "Call: b": [],
        "Other: c": ["tests/test_x.py::test_one", "tests/test_x.py::test_listed"],
    }


def test_the_page_has_a_table_per_section(folder: Path) -> None:
    lines = listed(LIST)
    text = written(lines, covered(lines, marked(folder), folder), {})
    assert "\n## Call\n\n| Line | Tests |\n| --- | --- |\n" in text
    assert "\n| A | [test_x.py](../tests/test_x.py): `test_one`, `test_two` |\n" in text
    assert "\n| B | *not yet: more* |\n\n## Other\n" in text


def test_the_page_names_what_is_known_to_be_broken(folder: Path) -> None:
    lines = listed(LIST)
    tests = covered(lines, marked(folder), folder)
    assert "Known defects" not in written(lines, tests, {})
    row = "| [conformance/test_y.py](../tests/conformance/test_y.py): `test_broken` | it is broken |\n"
    assert written(lines, tests, defects(folder)).endswith(row)


def test_a_mark_of_a_line_that_is_not_there_is_an_error(folder: Path) -> None:
    lines = listed(LIST.replace('"a"', '"z"'))
    with pytest.raises(LineUnknown, match=r"tests/test_x\.py::test_one is marked 'Call: a'"):
        covered(lines, marked(folder), folder)


def test_a_test_that_is_listed_but_not_there_is_an_error(folder: Path) -> None:
    lines = listed(LIST.replace("test_listed", "test_gone"))
    with pytest.raises(LineUnknown, match=r"'Other: c' names tests/test_x\.py::test_gone"):
        covered(lines, marked(folder), folder)
