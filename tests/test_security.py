"""docs/security.md: every test it names exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
NAMED = sorted(set(_NAMED.findall(PAGE)))
_ROW = re.compile(r"^\| ([STRIDE]) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def test_the_page_names_tests() -> None:
    assert len(NAMED) > 30


@pytest.mark.parametrize(("file", "name"), NAMED, ids=lambda value: value.rpartition("/")[2])
def test_a_named_test_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_element_is_looked_at_from_all_six_sides() -> None:
    part = PAGE.partition("## STRIDE, line by line\n")[2].partition("\n## ")[0]
    elements = re.split(r"^### ", part, flags=re.MULTILINE)[1:]
    assert len(elements) == 15
    for element in elements:
        title, *lines = element.splitlines()
        rows = _ROW.findall(element)
        assert len(rows) == sum(line.startswith("| ") and line[2] in "STRIDE" for line in lines), title
        assert {side for side, *_ in rows} == set("STRIDE"), title
        # A line has its test, or says honestly that nothing stops it.
        for _, threat, stops, test in rows:
            assert _NAMED.search(test) or "**remains**" in threat + stops, f"{title}: {threat}"
