"""Telling persons something, and taking it back."""

import pytest

from lienthong.office.core import scope
from lienthong.office.core.errors import Invalid, NotFound
from lienthong.office.core.models import Notification
from lienthong.office.core.notifications import actions
from lienthong.office.core.notifications.selectors import mail_choice, recent
from tests.office.core.notifications.example import KIND
from tests.office.people import House


def _tell(house: House, *keys: str, about: str = "tests.thing:1", name: str = "1") -> None:
    actions.notify(
        person_ids=[house.persons[key].pk for key in keys],
        kind=KIND,
        facts={"name": name},
        url="/units/1/",
        about=about,
    )


def _texts(house: House, key: str) -> list[tuple[str, bool]]:
    actor = house.actor(key)
    with scope.act_for(actor):
        return [(note.text, note.unread) for note in recent(actor)]


def test_each_is_told_once_and_sees_only_what_is_told_to_them(house: House) -> None:
    _tell(house, "official", "below", "official")
    _tell(house, "below", name="2")
    assert _texts(house, "official") == [("Thing 1 came", True)]
    assert _texts(house, "below") == [("Thing 2 came", True), ("Thing 1 came", True)]
    assert _texts(house, "administrator") == []


def test_the_scope_of_whoever_tells_stays_theirs(house: House) -> None:
    actor = house.actor("official")
    with scope.act_for(actor):
        _tell(house, "below")
        actions.done("tests.thing:1")
        assert scope.current() == scope.of(actor)
        assert not Notification.objects.exists()


def test_nobody_is_told_of_what_is_done(house: House) -> None:
    _tell(house, "official", "below")
    _tell(house, "below", about="tests.thing:2", name="2")
    assert actions.done("tests.thing:1") == 2
    assert actions.done("tests.thing:1") == 0
    assert (_texts(house, "official"), _texts(house, "below")) == ([], [("Thing 2 came", True)])


def test_reading_one_and_all(house: House) -> None:
    _tell(house, "official")
    _tell(house, "official", "below", name="2")
    actor = house.actor("official")
    with scope.act_for(actor):
        second, first = recent(actor)
        assert actions.read(actor=actor, note=first.id) == "/units/1/"
        assert actions.read(actor=actor, note=first.id) == "/units/1/"
        # Newer than what was shown: stays unread.
        assert actions.read_all(actor=actor, up_to=first.id) == 0
        assert actions.read_all(actor=actor, up_to=second.id) == 1
    assert _texts(house, "official") == [("Thing 2 came", False), ("Thing 1 came", False)]
    assert _texts(house, "below") == [("Thing 2 came", True)]


def test_another_ones_notification_cannot_be_read(house: House) -> None:
    _tell(house, "below")
    with scope.system():
        note = Notification.objects.get().pk
    for actor in (house.actor("official"), house.actor("administrator")):
        with scope.system(), pytest.raises(NotFound):
            actions.read(actor=actor, note=note)
    assert _texts(house, "below") == [("Thing 1 came", True)]


@pytest.mark.parametrize("url", ["https://elsewhere.invalid/", "//elsewhere.invalid/", "javascript:alert(1)", ""])
def test_a_notification_leads_nowhere_else(house: House, url: str) -> None:
    with pytest.raises(ValueError, match="not within this site"):
        actions.notify(person_ids=[], kind=KIND, facts={}, url=url, about="x:1")


def test_the_kind_must_be_known(house: House) -> None:
    with pytest.raises(ValueError, match="no kind"):
        actions.notify(person_ids=[], kind="tests:nothing:came", facts={}, url="/", about="x:1")


def test_one_chooses_for_oneself_when_to_be_told_by_mail(house: House) -> None:
    actor = house.actor("official")
    with scope.act_for(actor):
        assert mail_choice(actor) == "soon"
        for choice in ("never", "daily"):
            actions.choose_mail(actor=actor, choice=choice)
            assert mail_choice(actor) == choice
        with pytest.raises(Invalid):
            actions.choose_mail(actor=actor, choice="hourly")
    other = house.actor("below")
    with scope.act_for(other):
        assert mail_choice(other) == "soon"
