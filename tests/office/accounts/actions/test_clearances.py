"""Clearances and labelled units: granted by security officers, never to themselves, for a time."""

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.actions.clearances import (
    grant_clearance,
    latest,
    name_unit,
    revoke_clearance,
    withdraw_unit,
)
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Clearance, NeedToKnow
from lienthong.office.core import scope
from lienthong.office.core.errors import Forbidden, Invalid, NotFound, OfficeError
from lienthong.office.core.models import AuditEntry
from lienthong.office.organs.models import Unit
from tests.office.people import ANONYMOUS, KINDS, House, clear

TODAY = localdate()
DAY = timedelta(days=1)
SIGNED_IN = [key for key in KINDS if key not in {ANONYMOUS, "dismissed", "suspended", "invited"}]


@pytest.fixture
def cleared_house(house: House) -> House:
    """The country with security officers who are cleared themselves."""
    with scope.system():
        for key, level in (("security", Level.SECRET), ("above_security", Level.TOP_SECRET)):
            clear(house.persons[key], level, by=house.persons["above_security"])
    return house


def _grant(
    house: House, by: str, whom: str, level: Level = Level.CONFIDENTIAL, until: date = TODAY + 365 * DAY
) -> Clearance:
    return grant_clearance(
        actor=house.actor(by), person_id=house.persons[whom].pk, level=level, valid_to=until, decision="1-QĐ"
    )


@pytest.mark.parametrize("by", SIGNED_IN)
def test_only_security_officers_grant_and_revoke(cleared_house: House, by: str) -> None:
    house = cleared_house
    if by in {"security", "above_security"}:
        _grant(house, by, "official")
        assert house.actor("official").clearance is Level.CONFIDENTIAL
        revoke_clearance(actor=house.actor(by), person_id=house.persons["official"].pk, reason="1-QĐ")
        assert house.actor("official").clearance is Level.INTERNAL
        with scope.system():
            kinds = list(AuditEntry.objects.order_by("id").values_list("kind", flat=True))
        assert kinds == [Kind.GRANT_CLEARANCE, Kind.REVOKE_CLEARANCE]
    else:
        for deed in (
            lambda: _grant(house, by, "official"),
            lambda: revoke_clearance(actor=house.actor(by), person_id=house.persons["cleared"].pk, reason="x"),
        ):
            with pytest.raises((Forbidden, NotFound)):
                deed()
        assert house.actor("cleared").clearance is Level.SECRET


@pytest.mark.parametrize(
    ("by", "whom", "level", "refused"),
    [
        ("security", "security", Level.CONFIDENTIAL, Forbidden),
        ("security", "official", Level.TOP_SECRET, Forbidden),
        ("above_security", "official", Level.TOP_SECRET, None),
        ("security", "below", Level.SECRET, None),
        ("security", "outsider", Level.CONFIDENTIAL, NotFound),
        ("security", "official", Level.INTERNAL, Invalid),
        ("security", "dismissed", Level.CONFIDENTIAL, Invalid),
        ("above_security", "security", Level.SECRET, None),
    ],
)
def test_to_whom_and_how_high(
    cleared_house: House, by: str, whom: str, level: Level, refused: type[OfficeError] | None
) -> None:
    before = cleared_house.actor(whom).clearance
    if refused is None:
        _grant(cleared_house, by, whom, level)
        assert cleared_house.actor(whom).clearance is level
    else:
        with pytest.raises(refused):
            _grant(cleared_house, by, whom, level)
        assert cleared_house.actor(whom).clearance is before


@pytest.mark.parametrize(
    ("until", "fits"),
    [(TODAY + DAY, True), (TODAY, False), (TODAY - DAY, False), (latest(TODAY), True), (latest(TODAY) + DAY, False)],
)
def test_it_ends_within_five_years(cleared_house: House, until: date, *, fits: bool) -> None:
    if fits:
        assert _grant(cleared_house, "security", "official", until=until).valid_to == until
    else:
        with pytest.raises(Invalid):
            _grant(cleared_house, "security", "official", until=until)


def test_it_is_over_when_it_says(cleared_house: House) -> None:
    _grant(cleared_house, "security", "official")
    with scope.system():
        Clearance.objects.filter(person=cleared_house.persons["official"]).update(
            valid_from=TODAY - 9 * DAY, valid_to=TODAY
        )
    assert cleared_house.actor("official").clearance is Level.INTERNAL


def test_a_new_one_takes_the_place_of_the_old_and_the_history_stays(cleared_house: House) -> None:
    _grant(cleared_house, "security", "official", Level.CONFIDENTIAL)
    _grant(cleared_house, "security", "official", Level.SECRET)
    with scope.system():
        old, new = Clearance.objects.filter(person=cleared_house.persons["official"]).order_by("pk")
    assert (old.revoked_at is None, new.revoked_at) == (False, None)


def _name(house: House, by: str, whom: str, unit: Unit) -> NeedToKnow:
    return name_unit(
        actor=house.actor(by), person_id=house.persons[whom].pk, unit=unit, valid_to=TODAY + DAY, reason="1-QĐ"
    )


def test_a_labelled_unit_is_named_and_withdrawn(cleared_house: House) -> None:
    house = cleared_house
    with scope.system():
        clear(house.persons["below"], Level.SECRET, by=house.persons["security"])

    def knows() -> bool:
        with scope.act_for(house.actor("below")):
            return Unit.objects.filter(pk=house.hidden.pk).exists()

    assert not knows()
    _name(house, "security", "below", house.hidden)
    assert knows()
    withdraw_unit(actor=house.actor("security"), person_id=house.persons["below"].pk, unit_id=house.hidden.pk)
    assert not knows()
    with pytest.raises(NotFound):
        withdraw_unit(actor=house.actor("security"), person_id=house.persons["below"].pk, unit_id=house.hidden.pk)


@pytest.mark.parametrize(
    ("by", "whom", "refused"),
    [
        ("security", "official", Invalid),
        ("security", "security", Forbidden),
        ("administrator", "cleared", Forbidden),
        ("auditor", "cleared", Forbidden),
        ("security", "outsider", NotFound),
    ],
)
def test_to_whom_a_unit_is_not_named(cleared_house: House, by: str, whom: str, refused: type[OfficeError]) -> None:
    with pytest.raises(refused):
        _name(cleared_house, by, whom, cleared_house.hidden)


def test_a_unit_without_label_needs_no_naming(cleared_house: House) -> None:
    with pytest.raises(Invalid):
        _name(cleared_house, "security", "cleared", cleared_house.departments["province"])
    with pytest.raises(Forbidden):
        _name(cleared_house, "security", "cleared", cleared_house.departments["elsewhere"])
