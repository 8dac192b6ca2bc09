"""Heads in three languages and any order; cells that will not do."""

import io
import unicodedata
from collections.abc import Iterator
from itertools import zip_longest

import pytest
from django.utils.translation import override

from lienthong.office.accounts.importing.columns import HEADS, TITLES, Column, Wrong, read
from lienthong.office.core.errors import Invalid
from lienthong.office.core.sheets.tables import Table, read_table


def _table(head: list[str]) -> Table:
    return read_table(io.BytesIO(";".join(head).encode()), HEADS)


def _given(cells: list[str]) -> dict[str, str]:
    return dict(zip_longest(Column, cells, fillvalue=""))


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
    for cells in (head, ["x", *reversed(head)]):
        assert set(_table(cells).known) == {Column.NAME, Column.EMAIL}


@pytest.mark.parametrize("language", ["vi", "en", "de"])
def test_the_template_is_understood_in_every_language(language: str) -> None:
    with override(language):
        assert list(_table([str(TITLES[column]) for column in Column]).known) == list(Column)
        assert list(_table([head.title for head in HEADS]).known) == list(Column)


@pytest.mark.parametrize(("head", "said"), [(["Name"], "lacks"), (["1", "2"], "lacks"),
                                            (["Name", "Mail", "Họ tên"], "Two columns")])  # fmt: skip
def test_a_head_that_will_not_do_is_said_so(head: list[str], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        _table(head)


def test_what_is_read_is_as_it_is_stored() -> None:
    found = read(_given(["Người dùng 1", "P1@Test.Invalid", "024 1"]))
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
        read(_given(cells))
    assert wrong.value.column is column
    assert wrong.value.text
