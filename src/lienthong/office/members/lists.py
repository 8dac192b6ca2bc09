"""The lists of this room."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.lists.columns import Column, named, shown
from lienthong.office.core.lists.filters import Choice, ChoiceFilter, TextFilter, choices_of
from lienthong.office.core.lists.pages import BulkAction, ListPage
from lienthong.office.core.policies import Permission
from lienthong.office.members import registry
from lienthong.office.members.actions.changing import enter, refuse_change
from lienthong.office.members.actions.ending import end
from lienthong.office.members.models import Assignment, Change, Decision, Failure, ReviewItem
from lienthong.office.members.selectors import failing, people, review


def _birth(value: str) -> str:
    """Return as much of a date as is known, the day first."""
    return "/".join(reversed(value.split("-")))


_WRONG: Final = ChoiceFilter(
    key="wrong", title=_("Failures"), column="failures", lookup="gt", counted=False,
    choices=lambda: (Choice(slug="any", title=_("with failures"), value=0),),
)  # fmt: skip

PEOPLE: Final = ListPage(
    name="members",
    title=_("Members"),
    rows=people.people,
    url="/members/people/",
    columns=(
        Column(key="name", title=_("Name"), fields=("name",), value=lambda name: name or "–", sort=("sort_key",)),
        Column(key="birth", title=_("Date of birth"), fields=("birth",), value=_birth),
        Column(key="organ", title=_("Organ"), fields=("organ__name",), sort=("organ_path", "sort_key")),
        Column(key="cell", title=_("Cell"), fields=("cell",), wide_only=True),
        Column(key="records", title=_("Records"), fields=("records",), number=True, wide_only=True),
        Column(key="failures", title=_("Failures"), fields=("failures",), number=True),
    ),
    filters=(TextFilter(key="q", title=_("Name and year of birth, or any number"), where=people.found), _WRONG),
    sort="name",
    empty_title=_("No members"),
    empty_text=_("The registry holds nobody of your organ yet. An operator loads it."),
)


def _percent(probability: float | None) -> str:
    """Return a probability as people read it; nothing for records that the model did not compare."""
    return "" if probability is None else f"{number_format(100 * probability, 1)} %"


def _place(place: int) -> str:
    return f"№ {place}"


REVIEW: Final = ListPage(
    name="members-review",
    title=_("Doubles"),
    rows=review.items,
    url="/members/review/",
    columns=(
        Column(key="place", title=_("Item"), fields=("place",), value=_place, sort=("place",)),
        Column(key="left", title=_("One record"), fields=("left__member__name",)),
        Column(key="right", title=_("The other record"), fields=("right__member__name",)),
        Column(
            key="kind", title=_("Why"), fields=("kind",), value=named(dict(ReviewItem.Kind.choices)), wide_only=True
        ),
        Column(key="probability", title=_("The same person"), fields=("probability",), value=_percent, number=True),
        Column(key="impact", title=_("Records"), fields=("impact",), number=True, wide_only=True),
        Column(key="state", title=_("State"), fields=("state",), value=named(dict(ReviewItem.State.choices))),
    ),
    filters=(
        ChoiceFilter(key="state", title=_("State"), column="state", choices=choices_of(ReviewItem.State.choices)),
        ChoiceFilter(key="kind", title=_("Why"), column="kind", choices=choices_of(ReviewItem.Kind.choices)),
    ),
    sort="place",
    empty_title=_("Nothing to decide"),
    empty_text=_("Pairs of records that may be one person's appear here when both belong to your organ or below."),
)
DECISIONS: Final = ListPage(
    name="members-decisions",
    title=_("Decisions"),
    rows=review.decisions,
    url="/members/decisions/",
    columns=(
        Column(key="at", title=_("Decided on"), fields=("at",), sort=("id",)),
        Column(key="left", title=_("One record"), fields=("left",)),
        Column(key="right", title=_("The other record"), fields=("right",)),
        Column(key="verdict", title=_("Decision"), fields=("verdict",), value=named(dict(Decision.Verdict.choices))),
        Column(key="by", title=_("Decided by"), fields=("person_name",)),
        Column(key="second", title=_("Second pair of eyes"), fields=("second_name",), wide_only=True),
        Column(key="state", title=_("State"), fields=("state",), value=named(dict(Decision.State.choices))),
    ),
    filters=(
        ChoiceFilter(key="state", title=_("State"), column="state", choices=choices_of(Decision.State.choices)),
        ChoiceFilter(
            key="verdict", title=_("Decision"), column="verdict", choices=choices_of(Decision.Verdict.choices)
        ),
    ),
    sort="-at",
    empty_title=_("No decisions"),
    empty_text=_("What is decided about doubles appears here."),
)


def _rules() -> list[Choice]:
    return [Choice(slug=name, title=registry.rule_text(name), value=name) for name in registry.rules()]


def _fields(rule: str) -> str:
    found = registry.rules().get(rule)
    return ", ".join(registry.column_title(name) for name in found.columns) if found else ""


_RULE: Final = ChoiceFilter(key="rule", title=_("Rule"), column="rule", choices=_rules, counted=False)
FAILING: Final = ListPage(
    name="members-failing",
    title=_("Failing records"),
    rows=failing.failures,
    url="/members/failing/",
    columns=(
        Column(key="name", title=_("Name"), fields=("member__name",), value=lambda name: name or "–"),
        Column(key="rule", title=_("What is wrong"), fields=("rule",), value=registry.rule_text),
        Column(key="fields", title=_("Fields"), fields=("rule",), value=_fields, wide_only=True),
        Column(key="organ", title=_("Organ"), fields=("record__organ__name",), sort=("organ_path",)),
        Column(key="cell", title=_("Cell"), fields=("member__cell",), wide_only=True),
        Column(key="record", title=_("Record"), fields=("record__key",), wide_only=True),
        Column(key="state", title=_("State"), fields=("state",), value=named(dict(Failure.State.choices))),
    ),
    filters=(
        _RULE,
        ChoiceFilter(
            key="state", title=_("State"), column="state", choices=choices_of(Failure.State.choices), counted=False
        ),
    ),
    sort="organ",
    empty_title=_("No failing records"),
    empty_text=_("No record of your organ or below breaks this rule."),
)


def _by(due: date, state: str) -> date:
    del state
    return due


def _late(due: date, state: str) -> SafeString:
    """Return the day, marked where it is over and the work is not done."""
    late = state == Assignment.State.OPEN and due < localdate()
    return format_html('{} <span class="tag tag-bad">{}</span>' if late else "{}", shown(due), _("late"))


def _progress(mended: int, total: int) -> str:
    return f"{mended} / {total}"


def _bar(mended: int, total: int) -> SafeString:
    """Return the progress as a bar with its numbers."""
    text = " / ".join(number_format(each, force_grouping=True) for each in (mended, total))
    bar = '<progress value="{}" max="{}" aria-label="{}"></progress> <span class="numbers">{}</span>'
    return format_html(bar, min(mended, total), max(total, 1), text, text)


def _ended(state: Assignment.State) -> Callable[[Actor, Sequence[int]], int]:
    """Return the bulk form of ending: done to those that are the actor's to end, and why not if there are none."""

    def run(actor: Actor, ids: Sequence[int]) -> int:
        number, refused = 0, None
        for one in failing.assignments(actor).filter(pk__in=ids, state=Assignment.State.OPEN).order_by("pk"):
            try:
                end(actor=actor, assignment=one, state=state)
            except (Conflict, Forbidden, Invalid) as error:
                refused = refused or error
                continue
            number += 1
        if refused and not number:
            raise Invalid(hint=refused.advice)
        return number

    return run


ASSIGNMENTS: Final = ListPage(
    name="members-assignments",
    title=_("Assignments"),
    rows=failing.assignments,
    columns=(
        Column(key="rule", title=_("What is wrong"), fields=("rule",), value=registry.rule_text),
        Column(key="organ", title=_("Organ"), fields=("organ__name",), sort=("organ_path",)),
        Column(key="due", title=_("By when"), fields=("due_on", "state"), value=_by, html=_late, sort=("due_on",)),
        Column(key="progress", title=_("Mended"), fields=("mended", "total"), value=_progress, html=_bar),
        Column(key="note", title=_("Note"), fields=("note",), wide_only=True),
        Column(key="by", title=_("Assigned by"), fields=("person_name",), wide_only=True),
        Column(key="state", title=_("State"), fields=("state",), value=named(dict(Assignment.State.choices))),
    ),
    filters=(
        _RULE,
        ChoiceFilter(key="state", title=_("State"), column="state", choices=choices_of(Assignment.State.choices)),
    ),
    bulk=(
        BulkAction(
            name="done", title=_("Is done"), permission=Permission.MEMBER_ASSIGN, run=_ended(Assignment.State.DONE)
        ),
        BulkAction(
            name="withdraw", title=_("Withdraw"), permission=Permission.MEMBER_ASSIGN,
            run=_ended(Assignment.State.WITHDRAWN),
        ),
    ),
    sort="due",
    empty_title=_("No assignments"),
    empty_text=_("Filter the failing records by a rule, then assign them to organs with a day."),
    empty_url="/members/failing/",
    empty_action=_("Failing records"),
)  # fmt: skip


def _value(text: str, field: str) -> str:
    """Return a value for the list; a sensitive one is shown on the member's page only."""
    return "•••" if text and field in registry.sensitive() else text or "–"


def _decided(action: Callable[..., None]) -> Callable[[Actor, Sequence[int]], int]:
    """Return the bulk form of letting in or refusing: done to those that wait and were proposed by somebody else."""

    def run(actor: Actor, ids: Sequence[int]) -> int:
        number = 0
        for change in failing.changes(actor).filter(pk__in=ids).order_by("pk"):
            try:
                action(actor=actor, change=change)
            except (Conflict, Forbidden):
                continue
            number += 1
        return number

    return run


CHANGES: Final = ListPage(
    name="members-changes",
    title=_("Changes"),
    rows=failing.changes,
    url="/members/changes/",
    columns=(
        Column(key="record", title=_("Record"), fields=("record",)),
        Column(key="field", title=_("Field"), fields=("field",), value=registry.column_title),
        Column(key="old", title=_("Value now"), fields=("old", "field"), value=_value),
        Column(key="new", title=_("New value"), fields=("new", "field"), value=_value),
        Column(key="by", title=_("Proposed by"), fields=("person_name",)),
        Column(key="at", title=_("Proposed on"), fields=("at",), sort=("id",), wide_only=True),
        Column(
            key="source", title=_("How it came"), fields=("source",), value=named(dict(Change.Source.choices)),
            wide_only=True,
        ),
        Column(key="state", title=_("State"), fields=("state",), value=named(dict(Change.State.choices))),
    ),
    filters=(
        ChoiceFilter(key="state", title=_("State"), column="state", choices=choices_of(Change.State.choices)),
        ChoiceFilter(key="source", title=_("How it came"), column="source", choices=choices_of(Change.Source.choices)),
    ),
    bulk=(
        BulkAction(name="enter", title=_("Let in"), permission=Permission.MEMBER_MEND, run=_decided(enter)),
        BulkAction(name="refuse", title=_("Refuse"), permission=Permission.MEMBER_MEND, run=_decided(refuse_change)),
    ),
    sort="-at",
    empty_title=_("No changes"),
    empty_text=_("Values that stewards propose appear here; another steward lets them in."),
)  # fmt: skip
