"""The same things at every label, people of every kind, and a rule of its own about who sees which of them."""

import time
from dataclasses import dataclass, field, replace
from typing import Final

from django.db import connection
from django.test import Client

from lienthong.kernel.labels import Level
from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.models import Clearance, Person, State
from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.documents.actions.files import keep
from lienthong.office.documents.models import Access, Answer, Delivery, Document, File, Relation
from lienthong.office.records.actions.sharing import share
from lienthong.office.records.models import Approval, Disposal, DisposalFile, FileAccess, Hold, Item, WorkFile
from tests.office.api.programs import Program
from tests.office.documents.api.desk import program
from tests.office.documents.bureau import PDF, Bureau
from tests.office.documents.exchange.posts import Posts
from tests.office.people import appoint, clear, make_person, make_position, sign_in
from tests.office.records.shelf import filled, registered

DRAFT: Final = "draft"
ISSUED: Final = "issued"
ARRIVED: Final = "arrived"
WORK_FILE: Final = "work file"
DISPOSAL: Final = "disposal"
_NUMBERED: Final = (
    "documents_document", "documents_file", "documents_dispatch", "documents_delivery", "documents_answer",
    "documents_relation", "records_workfile", "records_item", "records_disposal",
)  # fmt: skip
UNKNOWN: Final = 999_999_999
"""Of nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Somebody: told here, not asked of the office."""

    key: str
    # Of the organ whose things these are.
    inside: bool = True
    # None: nobody, for the office.
    clearance: Level | None = Level.INTERNAL
    # The account is marked for what is top secret.
    marked: bool = False
    # Taking part in every one of these things.
    named: bool = False
    roles: frozenset[Role] = frozenset()


_AT_DESK: Final = {Role.CLERK, Role.LEADER}
_KEEPS_FILES: Final = {*_AT_DESK, Role.SECURITY, Role.AUDITOR}
KINDS: Final = (
    Kind(key="anonymous", clearance=None),
    Kind(key="dismissed", clearance=None),
    # Of another organ; of a lower one, whose own register they keep.
    Kind(key="outsider", inside=False),
    Kind(key="below_clerk", inside=False, clearance=Level.SECRET, roles=frozenset({Role.CLERK})),
    # Of the organ, but for the one thing or the other.
    Kind(key="official"),
    Kind(key="second_writer", named=True),
    Kind(key="open_clerk", roles=frozenset({Role.CLERK})),
    Kind(key="writer", clearance=Level.SECRET, named=True),
    Kind(key="clerk", clearance=Level.SECRET, roles=frozenset({Role.CLERK})),
    Kind(key="signer", clearance=Level.SECRET, roles=frozenset({Role.LEADER})),
    Kind(key="administrator", roles=frozenset({Role.ADMINISTRATOR})),
    Kind(key="security", roles=frozenset({Role.SECURITY})),
    # For the highest level, too.
    Kind(key="trusted", clearance=Level.TOP_SECRET, named=True, marked=True),
    Kind(key="unmarked", clearance=Level.TOP_SECRET, named=True),
    Kind(key="unnamed", clearance=Level.TOP_SECRET, marked=True, roles=frozenset({Role.CLERK})),
)
NAMED: Final = tuple(kind.key for kind in KINDS if kind.named)


def sees(kind: Kind, what: str, label: Level, *, by_token: bool = False) -> bool:
    """Tell whether somebody sees a thing: of their organ, up to their clearance, named to them or theirs to keep.

    What is top secret is nobody's to keep, opens to marked accounts only, and never to a program.
    """
    if kind.clearance is None or not kind.inside or label > kind.clearance:
        return False
    highest = label == Level.TOP_SECRET
    if highest and (by_token or not kind.marked):
        return False
    if what == DISPOSAL:
        return bool(kind.roles & _KEEPS_FILES)
    keepers = {DRAFT: set(), WORK_FILE: _KEEPS_FILES}.get(what, _AT_DESK)
    return (kind.named and what != ARRIVED) or (bool(kind.roles & keepers) and not highest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One of those things, and the numbers of all that hangs on it, as addresses call them."""

    what: str
    label: Level
    numbers: dict[str, int]

    def unknown(self) -> "Thing":
        """Return the same with the numbers of nothing."""
        return replace(self, numbers=dict.fromkeys(self.numbers, UNKNOWN))


@dataclass(slots=True, kw_only=True)
class World:
    """People and things."""

    things: list[Thing] = field(default_factory=list)
    browsers: dict[str, Client] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)

    def at(self, label: Level) -> dict[str, Thing]:
        """Return the things of a label."""
        return {thing.what: thing for thing in self.things if thing.label == label}


def build(bureau: Bureau, posts: Posts) -> World:
    """Write it, with numbers that stand nowhere else on a page."""
    with connection.cursor() as cursor:
        for place, table in enumerate(_NUMBERED, start=31):
            cursor.execute(f"ALTER SEQUENCE {table}_id_seq RESTART {place}0000000")
    world, people = World(), _people(bureau)
    people["below_clerk"] = posts.clerk
    for label in Level:
        world.things += _things(bureau, posts, label, people)
    for kind in KINDS:
        client = Client(raise_request_exception=False)
        world.browsers[kind.key] = client
        world.programs[kind.key] = Program(token=None, secret="")
        if kind.key == "anonymous":
            continue
        person = people.get(kind.key) or bureau.people.get(kind.key) or bureau.house.persons[kind.key]
        world.programs[kind.key] = _program(person)
        _sign_in(client, person)
    return world


def _people(bureau: Bureau) -> dict[str, Person]:
    """Give the province three that are cleared for what is top secret."""
    made: dict[str, Person] = {}
    house = bureau.house
    with scope.system():
        for number, kind in enumerate((kind for kind in KINDS if kind.clearance == Level.TOP_SECRET), start=91):
            made[kind.key] = make_person(number, kind.key, house.organs["province"])
            appoint(made[kind.key], make_position(house.departments["province"], kind.key, *kind.roles))
            clear(made[kind.key], Level.TOP_SECRET, by=house.persons["security"])
            Clearance.objects.filter(person=made[kind.key]).update(opens_top_secret=kind.marked)
    return made


def _things(bureau: Bureau, posts: Posts, label: Level, people: dict[str, Person]) -> list[Thing]:
    # The highest label is reached by what was begun at the one below: nobody of the bureau may begin it.
    below = min(label, Level.SECRET)
    draft, arrived = bureau.with_file(bureau.draft(label=below)), registered(bureau, label=below)
    keep(document=arrived, role=File.Role.MAIN, name="Công văn.pdf", chunks=[PDF])
    dispatch = posts.sent(label=below)
    issued = bureau.fresh(dispatch.document)
    file = filled(bureau, issued, label=below)
    share(actor=bureau.actor("clerk"), file=file, writers=[], readers=[])
    holders = [_appointment(bureau, key, people) for key in NAMED]
    with scope.system():
        Access.objects.bulk_create(
            [Access(document=each, holder=holder) for each in (draft, issued) for holder in holders],
            ignore_conflicts=True,
        )
        FileAccess.objects.bulk_create([FileAccess(file=file, holder=one) for one in holders], ignore_conflicts=True)
        told = Answer.objects.create(document=issued, to_code="H49", to="Tỉnh 49", code="03", at=dispatch.at)
        rests = Relation.objects.create(document=draft, kind=Relation.Kind.BASED_ON, other_number="1-NQ/TW")
        numbers = _numbers(bureau, file)
        Document.objects.filter(pk__in=[draft.pk, arrived.pk, issued.pk]).update(label=label)
        if label >= Level.CONFIDENTIAL:
            Document.objects.filter(pk__in=[draft.pk, arrived.pk, issued.pk]).update(words=None)
        WorkFile.objects.filter(pk=file.pk).update(label=label)
        Disposal.objects.filter(pk=numbers["disposal"]).update(label=label)
        files = {one.document_id: one.pk for one in File.objects.filter(document__in=[draft, arrived, issued])}
        delivery = Delivery.objects.get(dispatch=dispatch)
    return [
        Thing(what=DRAFT, label=label, numbers={"document": draft.pk, "file": files[draft.pk], "relation": rests.pk}),
        Thing(what=ARRIVED, label=label, numbers={"document": arrived.pk, "file": files[arrived.pk]}),
        Thing(
            what=ISSUED, label=label,
            numbers={"document": issued.pk, "dispatch": dispatch.pk, "delivery": delivery.pk, "answer": told.pk},
        ),
        Thing(what=WORK_FILE, label=label, numbers={"work_file": file.pk, "item": numbers["item"]}),
        Thing(what=DISPOSAL, label=label, numbers={"disposal": numbers["disposal"]}),
    ]  # fmt: skip


def _numbers(bureau: Bureau, file: WorkFile) -> dict[str, int]:
    """Write a hold and a proposal to dispose of a file; return their numbers."""
    clerk = bureau.actor("clerk")
    Hold.objects.create(file=file, reason="x", set_by_id=clerk.appointment_id)
    disposal = Disposal.objects.create(
        organ=file.organ, reason="x", proposed_by_id=clerk.appointment_id, proposer_id=clerk.person_id,
        proposer_name="x",
    )  # fmt: skip
    DisposalFile.objects.create(disposal=disposal, file=file)
    Approval.objects.create(
        disposal=disposal, by_id=clerk.appointment_id, person_id=clerk.person_id, name="x", position="x", leads=False
    )
    return {"item": Item.objects.get(file=file).pk, "disposal": disposal.pk}


def _appointment(bureau: Bureau, key: str, people: dict[str, Person]) -> int:
    if key not in people:
        return bureau.actor(key).appointment_id
    with scope.system():
        return actor_of(people[key]).appointment_id


def _program(person: Person) -> Program:
    """Return a program of somebody, from before they were dismissed."""
    with scope.system():
        state = Person.objects.get(pk=person.pk).state
        Person.objects.filter(pk=person.pk).update(state=State.ACTIVE)
        actor = actor_of(Person.objects.get(pk=person.pk))
    made = program(actor)
    with scope.system():
        Person.objects.filter(pk=person.pk).update(state=state)
    return made


def _sign_in(client: Client, person: Person) -> None:
    """Sign somebody in who has shown a second factor just now."""
    sign_in(client, person)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time()}, {"method": "mfa", "at": time.time()},
    ]  # fmt: skip
    session.save()
