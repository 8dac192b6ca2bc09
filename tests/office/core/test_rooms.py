"""Menus."""

import pytest

from lienthong.office.core import rooms
from lienthong.office.core.actor import Actor
from lienthong.office.core.rooms import Entry, Menu

ORDINARY = Actor(person_id=1, name="Người dùng 1")
OPERATOR = Actor(person_id=2, name="Người dùng 2", operator=True)


@pytest.fixture(autouse=True)
def menus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "_MENUS", {menu: [] for menu in Menu})


def _entry(key: str, url: str, order: int, **more: str) -> Entry:
    return Entry(key=key, title=key, url=url, icon="home", order=order, **more)  # type: ignore[arg-type]  # shortcut only


def test_entries_stand_in_their_order() -> None:
    for key, order in (("b", 2), ("c", 3), ("a", 1)):
        rooms.register(_entry(key, f"/{key}/", order))
    assert [entry.key for entry in rooms.entries_for(ORDINARY)] == ["a", "b", "c"]
    assert rooms.entries_for(ORDINARY, Menu.ACCOUNT) == ()


def test_nobody_sees_rooms_before_signing_in() -> None:
    rooms.register(_entry("a", "/a/", 1))
    assert rooms.entries_for(None) == ()


def test_an_entry_decides_who_sees_it() -> None:
    rooms.register(Entry(key="ops", title="Ops", url="/ops/", icon="home", order=1, shown=lambda actor: actor.operator))
    assert rooms.entries_for(ORDINARY) == ()
    assert [entry.key for entry in rooms.entries_for(OPERATOR)] == ["ops"]


@pytest.mark.parametrize("other", [_entry("a", "/b/", 2), _entry("b", "/b/", 2, shortcut="x")])
def test_keys_and_shortcuts_are_used_once(other: Entry) -> None:
    rooms.register(_entry("a", "/a/", 1, shortcut="x"))
    with pytest.raises(ValueError, match="same key or shortcut"):
        rooms.register(other)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/", "home"),
        ("/units/", "units"),
        ("/units/7/", "units"),
        ("/units/tree/x", "tree"),
        ("/unitsx/", ""),
        ("/other", ""),
    ],
)
def test_a_page_belongs_to_the_room_whose_path_it_begins_with(path: str, key: str) -> None:
    for entry in (_entry("home", "/", 0), _entry("units", "/units/", 1), _entry("tree", "/units/tree/", 2)):
        rooms.register(entry)
    assert rooms.room_of(path) == key
