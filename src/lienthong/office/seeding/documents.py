"""Documents that nobody wrote, as many as a country has in two years: to measure with.

They have no files: a file is encrypted under its organ's key, one by one. Nor has the trail entries of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents import profile
from lienthong.office.documents.models import Access, Assignment, Document, Series, Step, StepKind, TakenNumber
from lienthong.office.documents.states import Direction, State
from lienthong.office.documents.words import number_key, vector
from lienthong.office.seeding.bare import bare
from lienthong.office.seeding.organs_at_work import Organ, organs_at_work
from lienthong.office.seeding.phrases import TYPES, subject
from lienthong.office.seeding.tables import analyse, copy_rows, go_on_counting

_DAYS: Final = 730
_AT_ONCE: Final = 20_000
_INCOMING, _HALF = 0.6, 0.5
# Up to which part of all: public, internal, confidential; the rest is secret.
_LABELS: Final = ((0.2, Level.PUBLIC), (0.96, Level.INTERNAL), (0.999, Level.CONFIDENTIAL), (1.0, Level.SECRET))
_URGENCIES: Final = ((0.85, "ordinary"), (0.95, "urgent"), (0.99, "very-urgent"), (1.0, "immediate"))
# For documents so many days old or older, the latest first: up to which part of them stands where.
_ARRIVED: Final = (
    (0, ((0.6, State.ARRIVED), (1.0, State.REGISTERED))),
    (2, ((0.01, State.REFUSED), (0.2, State.REGISTERED), (0.5, State.ASSIGNED), (0.8, State.PROCESSING),
         (1.0, State.COMPLETED))),
    (30, ((0.01, State.REFUSED), (0.015, State.RECALLED), (0.03, State.REGISTERED), (0.06, State.PROCESSING),
          (1.0, State.COMPLETED))),
)  # fmt: skip
_WRITTEN: Final = (
    (0, ((0.25, State.DRAFT), (0.3, State.SUBMITTED), (0.33, State.APPROVED), (0.35, State.SIGNED),
         (1.0, State.ISSUED))),
    (14, ((0.015, State.DISCARDED), (0.02, State.RECALLED), (0.025, State.REPLACED), (1.0, State.ISSUED))),
)  # fmt: skip
_AT_WORK: Final = frozenset({State.ASSIGNED, State.PROCESSING, State.COMPLETED})
_OPEN: Final = frozenset({State.DRAFT, State.SUBMITTED, State.APPROVED, State.SIGNED})
_UNNUMBERED: Final = _OPEN | {State.DISCARDED, State.ARRIVED, State.REFUSED}
_OVER: Final = frozenset({State.COMPLETED, State.REFUSED, State.RECALLED, State.REPLACED, State.DISCARDED})
_DOCUMENT: Final = (
    "id", "uid", "organ_id", "direction", "state", "label", "type", "urgency", "subject", "number", "number_key",
    "dated", "entry", "entered_on", "author_code", "author", "signer", "place", "due", "note", "at_desk",
    "recall_reason", "created_by_id", "created_at", "arrived_at", "completed_at", "words", "revision",
)  # fmt: skip
_ASSIGNMENT: Final = (
    "document_id", "duty", "holder", "name", "due", "instruction", "by_id", "at", "done_at", "result",
)  # fmt: skip
_SERIES: Final = ("id", "organ_id", "register", "type", "secret", "since", "next")
_STEP: Final = ("document_id", "round", "place", "kind", "position_id", "outcome", "remark")
_TAKEN: Final = ("series_id", "number", "document_id", "reason")


@dataclass(slots=True, kw_only=True)
class _Rows:
    """What is to be written, table by table."""

    documents: list[Sequence[object]] = field(default_factory=list)
    access: list[Sequence[object]] = field(default_factory=list)
    assignments: list[Sequence[object]] = field(default_factory=list)
    steps: list[Sequence[object]] = field(default_factory=list)
    taken: list[Sequence[object]] = field(default_factory=list)

    def write(self) -> None:
        copy_rows(Document, _DOCUMENT, self.documents)
        copy_rows(Access, ("document_id", "holder", "writes", "via"), self.access)
        copy_rows(Assignment, _ASSIGNMENT, self.assignments)
        copy_rows(Step, _STEP, self.steps)
        copy_rows(TakenNumber, _TAKEN, self.taken)


@transaction.atomic
def seed_documents(count: int) -> None:
    """Spread so many documents over all organs and two years; the registers' numbers have no gaps.

    Needs an office without documents. The same office gets the same documents again, but for their dates.
    """
    with scope.system():
        maker = _Maker(Random(count), organs_at_work(), localdate())  # noqa: S311 - nothing secret
        with bare(Document, Access, Assignment, Step, Series, TakenNumber):
            for rows in maker.make(count):
                rows.write()
            copy_rows(Series, _SERIES, maker.series)
        go_on_counting(Document, Series)
        analyse()


class _Maker:
    """Makes documents in the order in which they were written or came."""

    def __init__(self, random: Random, organs: Sequence[Organ], today: date) -> None:
        self._random = random
        self._organs = organs
        self._weights = list(accumulate(organ.weight for organ in organs))
        self._today = today
        self._series: dict[tuple[int, str, str, bool, date], list[int]] = {}
        self._types = (list(TYPES), list(accumulate(TYPES.values())))

    @property
    def series(self) -> Iterator[Sequence[object]]:
        """The series that were begun, with the number that comes next."""
        return ((number, *key, following) for key, (number, following) in self._series.items())

    def make(self, count: int) -> Iterator[_Rows]:
        """Yield them, some at a time."""
        for first in range(0, count, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, count))
            rows = _Rows()
            whose = self._random.choices(self._organs, cum_weights=self._weights, k=len(numbers))
            for number, organ in zip(numbers, whose, strict=True):
                age = _DAYS - 1 - number * _DAYS // count
                if self._random.random() < _INCOMING:
                    self._arrive(rows, number + 1, organ, age)
                else:
                    self._write(rows, number + 1, organ, age)
            yield rows

    def _arrive(self, rows: _Rows, number: int, organ: Organ, age: int) -> None:
        random = self._random
        state, day = _drawn(random, _of_age(_ARRIVED, age)), self._today - timedelta(days=age)
        author = organ if len(self._organs) == 1 else random.choices(self._organs, cum_weights=self._weights)[0]
        if state in _AT_WORK and not organ.leaders:
            state = State.COMPLETED if age > _ARRIVED[1][0] else State.REGISTERED
        due = day + timedelta(days=random.randint(3, 40)) if random.random() < _HALF else None
        facts = self._facts(number, organ, Direction.INCOMING, state, day)
        dated = day - timedelta(days=random.randint(0, 5))
        facts |= {
            "number": profile.number(random.randint(1, 900), facts["type"], author.unit, "", dated), "dated": dated,
            "author": author.unit.name, "author_code": author.unit.code, "due": due, "at_desk": True,
            "arrived_at": _moment(day),
        }  # fmt: skip
        self._enter(rows, facts, organ, "")
        if state in _AT_WORK and organ.leaders:
            self._assign(rows, facts, organ)

    def _write(self, rows: _Rows, number: int, organ: Organ, age: int) -> None:
        random = self._random
        state, day = _drawn(random, _of_age(_WRITTEN, age)), self._today - timedelta(days=age)
        facts = self._facts(number, organ, Direction.OUTGOING, state, day)
        facts |= {"author": organ.unit.name, "at_desk": state not in _OPEN or state == State.SIGNED}
        holders: set[int] = set()
        if organ.officials:
            facts["created_by_id"] = random.choice(organ.officials).appointment_id
            rows.access.append((number, facts["created_by_id"], True, 0))
        if organ.leaders and state != State.DRAFT:
            leader = random.choice(organ.leaders)
            holders = {leader.appointment_id} - {facts["created_by_id"]}
            if state in {State.SUBMITTED, State.APPROVED}:
                kind = StepKind.APPROVE if state == State.SUBMITTED else StepKind.SIGN
                rows.steps.append((number, 1, 1, kind, leader.position_id, Step.Outcome.OPEN, ""))
        rows.access += [(number, holder, False, 0) for holder in holders]
        self._enter(rows, facts, organ, facts["type"])

    def _facts(self, number: int, organ: Organ, direction: Direction, state: State, day: date) -> dict[str, Any]:
        """Return what every document has, by column."""
        random = self._random
        about = random.choice(organ.departments).name if organ.departments else organ.unit.name
        made = _moment(day)
        over = made + timedelta(days=random.randint(0, min(9, (self._today - day).days)))
        facts: dict[str, Any] = dict.fromkeys(_DOCUMENT)
        facts |= {
            "id": number, "uid": UUID(int=random.getrandbits(128), version=4), "organ_id": organ.unit.pk,
            "direction": direction.value, "state": state.value, "label": int(_drawn(random, _LABELS)),
            "type": random.choices(self._types[0], cum_weights=self._types[1])[0],
            "urgency": _drawn(random, _URGENCIES), "number": "", "author_code": "", "signer": "", "place": "",
            "subject": subject(random, organ.unit.name if random.random() < _HALF else about, day.year), "note": "",
            "recall_reason": "", "created_at": made, "revision": 1,
            "completed_at": over if state in _OVER else None,
        }  # fmt: skip
        return facts

    def _enter(self, rows: _Rows, facts: dict[str, Any], organ: Organ, type_: str) -> None:
        """Number it in its register, if it came so far, and take it among the rows."""
        if facts["state"] not in _UNNUMBERED:
            day = facts["created_at"].date()
            key = (
                organ.unit.pk,
                facts["direction"],
                type_,
                facts["label"] >= Level.CONFIDENTIAL,
                day.replace(month=1, day=1),
            )
            run = self._series.setdefault(key, [len(self._series) + 1, 1])
            entry, run[1] = run[1], run[1] + 1
            rows.taken.append((run[0], entry, facts["id"], ""))
            facts |= {"entry": entry, "entered_on": day}
            if type_:
                facts |= {"number": profile.number(entry, type_, organ.unit, "", day), "dated": day}
        facts["number_key"] = number_key(facts["number"])
        if facts["label"] < Level.CONFIDENTIAL:
            texts = (facts["subject"], facts["author"], facts["signer"], facts["number"])
            facts["words"] = vector(organ.unit.pk, texts, facts["created_at"].date())
        rows.documents.append([facts[name] for name in _DOCUMENT])

    def _assign(self, rows: _Rows, facts: dict[str, Any], organ: Organ) -> None:
        random = self._random
        leader, official = random.choice(organ.leaders), random.choice(organ.officials)
        department = random.choice(organ.departments) if organ.departments else organ.unit
        done = facts["completed_at"]
        duties = [(Assignment.Duty.LEAD, -department.pk, department.name)]
        if random.random() < _HALF:
            duties.append((Assignment.Duty.SUPPORT, official.appointment_id, organ.unit.name))
        rows.assignments += [
            (facts["id"], duty, holder, name, facts["due"], "", leader.appointment_id, facts["created_at"], done, "")
            for duty, holder, name in duties
        ]
        holders = dict.fromkeys((leader.appointment_id, *(holder for _duty, holder, _name in duties)))
        rows.access += [(facts["id"], holder, False, 0) for holder in holders]


def _drawn[T](random: Random, parts: Sequence[tuple[float, T]]) -> T:
    """Return one of several, each as often as its part says."""
    drawn = random.random()
    return next(value for part, value in parts if drawn < part)


def _of_age[T](rows: Sequence[tuple[int, T]], age: int) -> T:
    return next(value for days, value in reversed(rows) if age >= days)


def _moment(day: date) -> datetime:
    """Return a moment of a day: the morning, everywhere in the country."""
    return datetime.combine(day, time(2), UTC)
