"""Changes that units propose: the engine's rules look at them, then a second person; only then they enter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Told, record_all
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import person_sort_key, search_key, tidy
from lienthong.office.members import registry
from lienthong.office.members.audit import MemberEvent
from lienthong.office.members.checking import MOST, Checked, check
from lienthong.office.members.models import Change, Failure, Member, Record
from lienthong.office.members.models.work import VALUE_LENGTH
from lienthong.office.members.policies import may_enter, visible

_NOW: Final = "now:"
"""Before the key of a record as it is, beside the record as it would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A value that somebody wants to change."""

    record: str
    field: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An edit that does not come in, and why."""

    edit: Edit
    why: str


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of edits."""

    proposed: list[Change] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def refuse(self, edits: Sequence[Edit], why: str) -> None:
        """Keep edits out."""
        self.refused += [Refused(edit=edit, why=why) for edit in edits]


def propose(*, actor: Actor, edits: Sequence[Edit], source: Change.Source) -> Outcome:
    """Propose changes of records.

    What cannot be read, and what would break a rule that holds now, is refused; everything else waits for a second
    person.

    Raises:
        Forbidden: the actor mends no records at all.
        Invalid: none, or too many at once.
    """
    require(actor, Permission.MEMBER_MEND)
    by_record: dict[str, dict[str, Edit]] = {}
    for edit in edits:
        by_record.setdefault(edit.record, {})[edit.field] = edit
    if not 0 < len(by_record) <= MOST:
        raise Invalid(hint=_("Change between 1 and {number} records at once.").format(number=MOST))
    outcome = Outcome()
    with scope.system():
        rows = Record.objects.filter(visible(actor), key__in=by_record).select_related("member")
        records = {row.key: row for row in rows}
    wanted = {key: kept for key, given in by_record.items() if (kept := _possible(records.get(key), given, outcome))}
    if wanted:
        now = {key: {**records[key].unread, **records[key].values} for key in wanted}
        then = {key: {**now[key], **_new(kept)} for key, kept in wanted.items()}
        # Both by the same rules on the same day: what would be worse is the change's doing.
        checked = check({**{f"{_NOW}{key}": values for key, values in now.items()}, **then})
        for key, kept in wanted.items():
            _judge(records[key], kept, (checked[f"{_NOW}{key}"], checked[key]), outcome, source)
    _keep(actor, outcome)
    return outcome


def _new(edits: Mapping[str, Edit]) -> dict[str, str]:
    return {name: edit.new for name, edit in edits.items()}


def _possible(record: Record | None, edits: Mapping[str, Edit], outcome: Outcome) -> dict[str, Edit]:
    """Return the edits that say something new about a record that is the actor's to mend."""
    if record is None:
        outcome.refuse(list(edits.values()), _("There is no such record in your organ or below."))
        return {}
    kept = {}
    for name, edit in edits.items():
        new = tidy(edit.new)
        if name not in registry.columns():
            outcome.refuse([edit], _("There is no such field."))
        elif len(new) > VALUE_LENGTH:
            outcome.refuse([edit], _("A text is too long: at most {number} characters.").format(number=VALUE_LENGTH))
        elif new != str(record.values.get(name, "")):
            kept[name] = Edit(record=record.key, field=name, new=new)
    return kept


def _judge(
    record: Record, edits: Mapping[str, Edit], states: tuple[Checked, Checked], outcome: Outcome, source: Change.Source
) -> None:
    before, checked = states
    unread = [edit for name, edit in edits.items() if name in checked.unread]
    worse = [
        rule for rule in sorted(checked.breaks - before.breaks)
        if rule in registry.rules() and registry.rules()[rule].severity == "error"
    ]  # fmt: skip
    if unread:
        outcome.refuse(unread, _("This value cannot be read."))
        return
    if worse:
        outcome.refuse(list(edits.values()), "; ".join(registry.rule_text(rule) for rule in worse))
        return
    for name in edits:
        outcome.proposed.append(
            Change(
                record=record.key, organ_path=record.organ_path, field=name, old=str(record.values.get(name, "")),
                new=checked.values.get(name, ""), source=source, breaks=sorted(checked.breaks),
            )
        )  # fmt: skip


def _keep(actor: Actor, outcome: Outcome) -> None:
    """Write down what was proposed; a field that somebody else has proposed for waits for that first."""
    made = []
    for change in outcome.proposed:
        change.person_id, change.person_name = actor.person_id, actor.name
        try:
            with transaction.atomic(), scope.system():
                change.save()
                Failure.objects.filter(record__key=change.record, state=Failure.State.OPEN).update(
                    state=Failure.State.PROPOSED
                )
                record_all(
                    actor=actor, kind=MemberEvent.PROPOSE, changes=[Told(obj=change, new={"field": change.field})]
                )
        except IntegrityError:
            edit = Edit(record=change.record, field=change.field, new=change.new)
            outcome.refuse([edit], _("A change of this value waits already."))
        else:
            made.append(change)
    outcome.proposed = made


def enter(*, actor: Actor, change: Change) -> None:
    """Let a change in, as the second person.

    Raises:
        Forbidden: it is not the actor's, or their own.
        Conflict: it does not wait any more, or the record says something else by now.
    """
    with transaction.atomic(), scope.system():
        held = _held(actor, change)
        record = Record.objects.select_for_update().filter(key=held.record).first()
        if record is None or str(record.values.get(held.field, "")) != held.old:
            raise Conflict(str(change))
        _write(record, held)
        _end(actor, held, Change.State.ENTERED, MemberEvent.ENTER)
        _mend(record, held)


def refuse_change(*, actor: Actor, change: Change) -> None:
    """Keep a change out.

    Raises:
        Forbidden: it is not the actor's, or their own.
        Conflict: it does not wait any more.
    """
    with transaction.atomic(), scope.system():
        held = _held(actor, change)
        _end(actor, held, Change.State.REFUSED, MemberEvent.KEEP_OUT)
        if not Change.objects.filter(record=held.record, state=Change.State.WAITING).exists():
            Failure.objects.filter(record__key=held.record, state=Failure.State.PROPOSED).update(
                state=Failure.State.OPEN
            )


def _held(actor: Actor, change: Change) -> Change:
    held = Change.objects.select_for_update().filter(pk=change.pk).first()
    if held is None or held.state != Change.State.WAITING:
        raise Conflict(str(change))
    if not may_enter(actor, held):
        raise Forbidden(str(change))
    return held


def _end(actor: Actor, held: Change, state: Change.State, kind: MemberEvent) -> None:
    held.state, held.second_id, held.second_name, held.ended_at = state, actor.person_id, actor.name, timezone.now()
    held.save(update_fields=["state", "second_id", "second_name", "ended_at"])
    record_all(actor=actor, kind=kind, changes=[Told(obj=held, old={"state": "waiting"}, new={"state": state.value})])


def _write(record: Record, change: Change) -> None:
    """Let record and golden record say the new value."""
    values = {**record.values, change.field: change.new}
    record.values = {name: value for name, value in values.items() if value}
    record.unread = {name: value for name, value in record.unread.items() if name != change.field}
    record.save(update_fields=["values", "unread"])
    member = Member.objects.select_for_update().get(pk=record.member_id)
    if member.records > 1 and member.origins.get(change.field) != record.key:
        return
    golden = {**member.values, change.field: change.new}
    member.values = {name: value for name, value in golden.items() if value}
    if change.field == registry.name_column():
        member.name, member.name_key = change.new, search_key(change.new)
        member.sort_key = person_sort_key(change.new)
    if change.field == registry.BIRTH:
        member.birth = change.new
    if change.field == registry.CELL:
        member.cell = change.new
    member.save()


def _mend(record: Record, change: Change) -> None:
    """Mark what holds now as mended. What compares records is taken at its word until the next run."""
    rows = Failure.objects.filter(record=record).exclude(state=Failure.State.MENDED)
    mended = [
        row.pk for row in rows
        if (rule := registry.rules().get(row.rule)) is not None
        and row.rule not in change.breaks
        and (not rule.unique or change.field in rule.columns)
    ]  # fmt: skip
    Failure.objects.filter(pk__in=mended).update(state=Failure.State.MENDED)
    if not Change.objects.filter(record=record.key, state=Change.State.WAITING).exists():
        Failure.objects.filter(record=record, state=Failure.State.PROPOSED).update(state=Failure.State.OPEN)
