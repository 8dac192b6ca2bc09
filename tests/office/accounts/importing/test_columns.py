"""Heads in three languages and any order; cells that will not do."""

import unicodedata
from collections.abc import Iterator

import pytest
from django.utils.translation import override

from lienthong.office.accounts.importing.columns import Column, Wrong, places_of, read
from lienthong.office.core.errors import Invalid

PLACES = {Column.NAME: 0, Column.EMAIL: 1, Column.PHONE: 2, Column.ORGAN: 3, Column.POSITION: 4}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.mark.parametrize(
    "head",
    [
        ["Name", "E-Mail"],
        ["Họ và tên", "Thư điện tử"],
        ["HỌ TÊN", "email"],
        [" Name ", "Mailadresse"],
        [unicodedata.normalize("NFD", "Họ và tên"), unicodedata.normalize("NFD", "Thư điện tử")],
    ],
)
def test_heads_are_known_whatever_their_language_and_order(head: list[str]) -> None:
    assert places_of(head) == {Column.NAME: 0, Column.EMAIL: 1}
    assert places_of(["x", *reversed(head)]) == {Column.EMAIL: 1, Column.NAME: 2}


@pytest.mark.parametrize(("head", "said"), [(["Name"], "missing"), ([], "missing"), (["1", "2"], "missing"),
                                            (["Name", "Mail", "Họ tên"], "twice")])  # fmt: skip
def test_a_head_that_will_not_do_is_said_so(head: list[str], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        places_of(head)


def test_what_is_read_is_tidied() -> None:
    found = read([unicodedata.normalize("NFD", " Người  dùng\u200b 1 "), "P1@Test.Invalid ", " 024 1 "], PLACES)
    assert (found.name, found.email, found.phone, found.organ) == ("Người dùng 1", "p1@test.invalid", "024 1", "")


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (["", "p@test.invalid"], Column.NAME),
        (["x" * 201, "p@test.invalid"], Column.NAME),
        (["=cmd|' /C calc'!A0", "p@test.invalid"], Column.NAME),
        (["@SUM(1)", "p@test.invalid"], Column.NAME),
        (["+1", "p@test.invalid"], Column.NAME),
        (["Uû ban nh©n d©n", "p@test.invalid"], Column.NAME),
        (["<script>", "p@test.invalid"], Column.NAME),
        (["n", ""], Column.EMAIL),
        (["n", "p"], Column.EMAIL),
        (["n", "p@test.invalid\nBcc: x@y.invalid"], Column.EMAIL),
        (["n", "=A1"], Column.EMAIL),
        (["n", "ngườidùng@test.invalid"], Column.EMAIL),
        (["n", f"{'p' * 250}@test.invalid"], Column.EMAIL),
        (["n", "p@test.invalid", "javascript:"], Column.PHONE),
        (["n", "p@test.invalid", "1" * 31], Column.PHONE),
        (["n", "p@test.invalid", "=1"], Column.PHONE),
        (["n", "p@test.invalid", "", "=1"], Column.ORGAN),
        (["n", "p@test.invalid", "", "", "=1"], Column.POSITION),
    ],
)
def test_a_cell_that_will_not_do_is_named(cells: list[str], column: Column) -> None:
    with pytest.raises(Wrong) as wrong:
        read(cells, PLACES)
    assert wrong.value.column is column
    assert wrong.value.text
