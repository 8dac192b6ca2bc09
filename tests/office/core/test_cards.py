"""Cards of the home page."""

import pytest

from lienthong.office.core import cards
from lienthong.office.core.actor import Actor
from lienthong.office.core.cards import Card, Content, Group, Row

ACTOR = Actor(person_id=1, name="Người dùng 1")


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "_CARDS", [])


def _card(key: str, group: Group, order: int, total: int = 0, *, shown: bool = True) -> Card:
    rows = [Row(title=f"{key} {number}", url="/") for number in range(total)]
    return Card(
        key=key,
        group=group,
        title=key,
        url="/",
        empty="—",
        order=order,
        fill=lambda _actor: Content(total=total, rows=rows),
        shown=lambda _actor: shown,
    )


def test_cards_stand_under_their_headings_in_order() -> None:
    for card in (_card("c", Group.LATE, 1), _card("b", Group.WAITING, 2), _card("a", Group.WAITING, 1)):
        cards.register(card)
    assert [[card.key for card in shelf.cards] for shelf in cards.shelves(ACTOR)] == [["a", "b"], ["c"]]


def test_what_is_not_for_somebody_is_not_even_read() -> None:
    def forbidden(_actor: Actor) -> Content:
        raise AssertionError("read")

    cards.register(
        Card(
            key="x",
            group=Group.DUE,
            title="x",
            url="/",
            empty="—",
            order=1,
            fill=forbidden,
            shown=lambda _actor: False,
        )
    )
    assert cards.shelves(ACTOR) == []


def test_a_card_shows_some_rows_and_counts_all() -> None:
    cards.register(_card("many", Group.DUE, 1, total=50))
    (card,) = cards.shelves(ACTOR)[0].cards
    assert (card.total, len(card.rows)) == ("50", cards.ROWS)


def test_keys_are_used_once() -> None:
    cards.register(_card("a", Group.DUE, 1))
    with pytest.raises(ValueError, match="two cards a"):
        cards.register(_card("a", Group.LATE, 2))
