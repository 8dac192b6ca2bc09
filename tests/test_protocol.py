"""docs/protocol.md says what the code does."""

from pathlib import Path

import pytest

from lienthong.trust.header import Header
from lienthong.trust.keys import Algorithm, Use
from tests.support.seals import Signer
from tools import generate_protocol_tables as tables

PAGE = Path(__file__).resolve().parent.parent / "docs" / "protocol.md"


def test_the_tables_are_those_of_the_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert tables.written(text) == text, "run `make docs`"
    for make in tables.TABLES.values():
        assert make() in text


def test_every_field_of_the_header_is_explained() -> None:
    assert set(tables.field_numbers()) == {"version", *Header.__struct_fields__} == set(tables.FIELDS)
    assert sorted(tables.field_numbers().values()) == list(range(1, len(tables.FIELDS) + 1))


@pytest.mark.parametrize("algorithm", Algorithm)
def test_every_algorithm_is_explained(algorithm: Algorithm) -> None:
    use, size, _ = tables.ALGORITHMS[algorithm]
    key = Signer(algorithm).key
    assert key.use is Use(use)
    assert int(size.partition(":")[0]) == len(key.public)


def test_an_unknown_table_is_an_error() -> None:
    with pytest.raises(KeyError):
        tables.written("<!-- table: nothing -->\n<!-- end -->")


def test_text_outside_the_tables_stays() -> None:
    text = "before\n<!-- table: algorithms -->\nold\n<!-- end -->\nafter\n"
    assert tables.written(text) == text.replace("old\n", tables.algorithms())
