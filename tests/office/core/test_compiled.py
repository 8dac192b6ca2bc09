"""Queries whose SQL is kept answer each reader as if they were built for them."""

import re
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate, now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.kernel.labels import Level
from lienthong.office.accounts import search as person_search
from lienthong.office.accounts.cards import ENDING, STANDING_IN, UNUSED
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Invitation, Person, Substitution
from lienthong.office.accounts.selectors import clearances, positions, sessions
from lienthong.office.accounts.selectors import history as audited_persons
from lienthong.office.accounts.selectors.persons import SEEN
from lienthong.office.core import audit, scope
from lienthong.office.core.actor import NOBODY, SYSTEM, Actor, Role
from lienthong.office.core.compiled import Compiled, Gap, Reader
from lienthong.office.core.keyed import Keyed
from lienthong.office.core.lists.views import VIEWS
from lienthong.office.core.models import Notification, SavedView
from lienthong.office.core.notifications.selectors import OPEN
from lienthong.office.core.policies import Permission, which
from lienthong.office.core.sessions import RUNNING
from lienthong.office.core.text import end_of
from lienthong.office.organs import search as unit_search
from lienthong.office.organs import selectors
from lienthong.office.organs.audit import OrganEvent
from lienthong.office.organs.cards import CHANGING, UNASSIGNED
from lienthong.office.organs.histories import ENTRIES
from lienthong.office.organs.holders import HELD
from lienthong.office.organs.models import Succession, Unit, UnitVersion
from lienthong.office.organs.policies import visible
from tests.office.garden import plant, settle
from tests.office.people import KINDS, House

pytestmark = pytest.mark.django_db
PERSONS = Compiled(lambda reader: Person.objects.filter(which(reader, Permission.PERSON_VIEW)).values_list("pk"))
MANAGED = Compiled(lambda reader: Person.objects.filter(which(reader, Permission.PERSON_MANAGE)).values_list("pk"))
UNITS = Compiled(lambda reader: Unit.objects.filter(visible(reader)).values_list("pk"))


def _chosen(_reader: Actor | Reader, *, ids: Any, since: Any) -> QuerySet[Person, Any]:  # noqa: ANN401 - values or gaps
    return Person.objects.filter(pk__in=ids, created_at__gte=since).order_by("pk").values_list("pk")


CHOSEN = Compiled(_chosen, many=frozenset({"ids"}))


TODAY = localdate()
ALPHABET = {"first": "a", "last": end_of("z")}
TWO_WORDS = {f"{end}{place}": value for place in range(2) for end, value in ALPHABET.items()}
DAYS = {"today": TODAY, "until": TODAY + timedelta(days=400)}
PERSON_QUERIES = (
    SEEN, clearances.HISTORY, positions.HELD, sessions.RUNNING, audited_persons.ALL, audited_persons.OPEN
)  # fmt: skip
DATED_QUERIES = (positions.REACH, positions.ABOUT, clearances.LEVEL, clearances.NAMED)


def _asked(house: House) -> dict[Compiled, list[dict[str, Any]]]:
    """Return what each kept query of the office is asked with here."""
    units = [each.pk for each in (*house.organs.values(), *house.departments.values(), house.hidden)]
    persons = [each.pk for each in house.persons.values()]
    unit, person = [{"number": number} for number in units], [{"number": number} for number in persons]
    return {
        RUNNING: [{"key": "a" * 32, "at": now()}],
        OPEN: [{}],
        VIEWS: [{"page": "units"}],
        UNASSIGNED: [{}],
        CHANGING: [DAYS],
        STANDING_IN: [DAYS],
        ENDING: [DAYS],
        UNUSED: [{"at": now() + timedelta(days=400)}],
        **dict.fromkeys((selectors.BARE, selectors.VERSIONS, selectors.RELATIVES, ENTRIES), unit),
        **{query: [{"parents": units, "today": TODAY}] for query in (selectors.BELOW, selectors.TOPS)},
        selectors.NAMED: [{"ids": units}, {"ids": []}],
        HELD: [{"ids": units, "day": TODAY}],
        unit_search.KEYS.beginning: [ALPHABET],
        person_search.KEYS.beginning: [ALPHABET],
        unit_search.KEYS.apart(2): [TWO_WORDS],
        person_search.KEYS.apart(2): [TWO_WORDS],
        unit_search.THOSE: [{"ids": units, "first": "x", "last": end_of("x"), "today": TODAY}],
        person_search.THOSE: [{"ids": persons}],
        **dict.fromkeys(PERSON_QUERIES, person),
        **{query: [{**each, "today": TODAY} for each in person] for query in DATED_QUERIES},
    }


def test_every_kept_query_is_asked_here(house: House) -> None:
    # Those of documents and work files are asked beside them, in their test_cards.py.
    ours = re.compile(r"lienthong\.office\.(?!documents\.|records\.)")
    office = [each for name, each in sys.modules.items() if ours.match(name)]
    held = [each for module in office for each in vars(module).values()]
    keyed = {each for each in held if isinstance(each, Keyed)}
    kept = {each for each in held if isinstance(each, Compiled)}
    assert kept | {query for each in keyed for query in (each.beginning, each.apart(2))} == set(_asked(house))


def test_all_kinds_of_persons_get_what_is_theirs_one_after_another(house: House) -> None:
    _fill(house)
    answered = set()
    for kind in [*KINDS[1:], "official"]:
        actor = house.actor(kind)
        with scope.act_for(actor):
            for query, asked in _asked(house).items():
                for given_ in asked:
                    anew = list(query.build(actor, **given_))
                    whole = bool(anew) and isinstance(anew[0], Model)
                    kept = query.models(actor, **given_) if whole else query(actor, **given_)
                    assert [_whole(each) for each in kept] == [_whole(each) for each in anew], (kind, given_)
                    answered |= {query} if anew else set()
    # A session of nobody is not found, and these are asked without their own scope.
    assert set(_asked(house)) - answered <= {RUNNING, sessions.RUNNING}


def _whole(row: object) -> object:
    """Return a row with all that was read of it, also of what it leads to."""
    if not isinstance(row, Model):
        return row
    related = {name: _whole(each) for name, each in row._state.fields_cache.items()}
    return type(row), {name: value for name, value in vars(row).items() if name != "_state"}, related


def _fill(house: House) -> None:
    """Have something for every query."""
    with scope.system():
        for organ, unit in house.organs.items():
            Succession.objects.create(old_code=organ, successor=unit, since=TODAY, needs_review=True)
            UnitVersion.objects.filter(unit=unit).update(valid_to=TODAY + timedelta(days=5))
            UnitVersion.objects.create(unit=unit, name=organ, valid_from=TODAY + timedelta(days=5))
        for number, (key, person) in enumerate(house.persons.items()):
            Notification.objects.create(person=person, kind=key, facts={"number": number}, about=key)
            by = house.actor(key)
            audit.record(actor=by, kind=OrganEvent.RENAME, obj=house.organs["province"], new={"name": key})
            audit.record(actor=by, kind=(Kind.GRANT_CLEARANCE, Kind.SUSPEND)[number % 2], obj=person, new={"level": 2})
            SavedView.objects.create(person=person, page="units", name=key, query=f"?q={key}")
            Invitation.objects.create(person=person, digest=bytes([number]) * 32, expires_at=now())
        Substitution.objects.create(
            appointment=house.appointment("colleague"),
            substitute=house.persons["official"],
            valid_from=TODAY,
            valid_to=TODAY + timedelta(days=3),
        )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    homes=st.lists(st.integers(0, 3), min_size=2, max_size=6),
    roles=st.frozensets(st.sampled_from(Role), max_size=2),
    clearance=st.sampled_from(Level),
    known=st.frozensets(st.integers(0, 3), max_size=2),
    label=st.sampled_from(Level),
)
def test_kept_and_built_anew_agree_for_readers_one_after_another(
    homes: list[int], roles: frozenset[Role], clearance: Level, known: frozenset[int], label: Level
) -> None:
    with transaction.atomic(), scope.system():
        organs = [plant("Organ 0", None)]
        organs += [plant(f"Organ {number}", organs[0]) for number in (1, 2)]
        Unit.objects.filter(pk=organs[2].pk).update(label=label)
        for number, organ in enumerate(organs):
            settle(f"Person {number}", organ)
        # Readers of the same kind in different places: nothing of one may be left for the next.
        for home in homes:
            path = organs[home].path if home < len(organs) else ""
            named = frozenset(organs[each].pk for each in known if each < len(organs))
            reader = Actor(person_id=home, name="", organ_path=path, roles=roles, clearance=clearance, known=named)
            for query in (PERSONS, MANAGED, UNITS):
                assert sorted(query(reader)) == sorted(query.build(reader))
        transaction.set_rollback(True)


def test_the_system_sees_all_and_its_look_alike_nothing() -> None:
    with scope.system():
        settle("Person 1", plant("Organ 1", None))
        assert len(PERSONS(SYSTEM)) == len(PERSONS(SYSTEM)) == 1
        assert PERSONS(replace(SYSTEM)) == []
        assert MANAGED(NOBODY) == []


def test_lists_and_times_are_filled_in() -> None:
    with scope.system():
        organ = plant("Organ 1", None)
        ids = [settle(f"Person {number}", organ).pk for number in range(3)]
        before = now() - timedelta(hours=1)
        assert CHOSEN(SYSTEM, ids=[ids[2], ids[0]], since=before) == [(ids[0],), (ids[2],)]
        assert CHOSEN(SYSTEM, ids=[ids[1]], since=before) == [(ids[1],)]
        assert CHOSEN(SYSTEM, ids=[], since=before) == []
        assert CHOSEN(SYSTEM, ids=[ids[1]], since=now() + timedelta(hours=1)) == []


def test_ids_are_looked_up_by_an_index_beside_an_or() -> None:
    query = Compiled(
        lambda _reader, ids: Unit.objects.filter(Q(parent__in=ids) | Q(parent=None)).values_list("pk"),
        many=frozenset({"ids"}),
    )
    with scope.system():
        top = plant("Organ 1", None)
        below = plant("Organ 2", top)
        plant("Organ 3", below)
        with CaptureQueriesContext(connection) as queries:
            assert sorted(query(SYSTEM, ids=[top.pk])) == [(top.pk,), (below.pk,)]
    assert "ANY" in queries[0]["sql"]
    assert "unnest" not in queries[0]["sql"]


def test_a_day_cannot_be_kept_by_mistake() -> None:
    query = Compiled(lambda _reader: Person.objects.filter(created_at__lte=now()).values_list("pk"))
    with pytest.raises(ValueError, match="stays that one"):
        query(SYSTEM)


def test_a_day_is_kept_until_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    days = {"today": TODAY}
    monkeypatch.setattr("lienthong.office.core.compiled.localdate", lambda: days["today"])
    query = Compiled(lambda _reader: Unit.objects.filter(valid_from__lte=days["today"]).values_list("pk"), daily=True)
    with scope.system():
        unit = plant("Organ 1", None)
        Unit.objects.filter(pk=unit.pk).update(valid_from=TODAY + timedelta(days=1))
        assert (query(SYSTEM), query.count(SYSTEM)) == ([], 0)
        days["today"] += timedelta(days=1)
        assert (query(SYSTEM), query.count(SYSTEM)) == ([(unit.pk,)], 1)


def test_moments_are_not_kept_for_a_day() -> None:
    query = Compiled(lambda _reader: Person.objects.filter(created_at__lte=now()).values_list("pk"), daily=True)
    with pytest.raises(ValueError, match="stays that one"):
        query(SYSTEM)


def test_columns_make_no_models() -> None:
    with pytest.raises(TypeError):
        PERSONS.models(SYSTEM)


def test_values_come_as_their_columns_have_them(house: House) -> None:
    facts = {"day": localdate().isoformat(), "number": 1}
    person = house.persons["official"]
    with scope.system():
        Notification.objects.create(person=person, kind="x", facts=facts, about="x")
        kept = Compiled(lambda reader: Notification.objects.filter(person_id=reader.person_id).values_list("facts"))
        assert kept(house.actor("official")) == [(facts,)]


def test_where_nothing_can_fit_nothing_is_asked() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert MANAGED(NOBODY) == []
        assert MANAGED(NOBODY) == []
        assert MANAGED.count(NOBODY) == 0
    assert len(queries) == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "anonymous"])
def test_the_database_filters_the_same_rows_again(house: House, kind: str) -> None:
    everything = Compiled(lambda _reader: Person.objects.values_list("pk"))
    actor = house.actor(kind)
    with scope.act_for(actor):
        assert sorted(everything(actor)) == sorted(PERSONS(actor)) or not actor.placed
        assert set(everything(actor)) <= set(PERSONS(actor)) | {(actor.person_id,)}


def test_a_reader_has_nothing_of_anybodys_own() -> None:
    actor = Actor(
        person_id=41, name="Người dùng 41", organ_path="1/77/", known=frozenset({99}), roles=frozenset({Role.LEADER})
    )
    reader = Reader.of(actor)
    assert reader == Reader.of(replace(actor, person_id=42, organ_path="1/78/", known=frozenset({98})))
    values = [getattr(reader, each.name) for each in fields(reader)]
    assert all(isinstance(value, bool | Level | frozenset) for value in values)
    assert all(isinstance(each, Gap) for each in _gaps(reader))


def _gaps(reader: Reader) -> Iterator[object]:
    yield from (reader.lo, reader.hi, reader.end, reader.person_id, reader.known)
