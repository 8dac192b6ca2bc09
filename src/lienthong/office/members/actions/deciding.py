"""Deciding whether two records are one person's, as a second person too, and taking it back."""

from django.db import transaction
from django.utils import timezone

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Conflict, Forbidden, Invalid, NotFound
from lienthong.office.core.policies import Permission, require
from lienthong.office.members.audit import MemberEvent
from lienthong.office.members.models import Decision, ReviewItem
from lienthong.office.members.policies import may_second, may_undo, needs_second
from lienthong.office.members.selectors.review import items_of


def decide(*, actor: Actor, item: ReviewItem, verdict: str) -> Decision:
    """Say whether two records are one person's.

    It stands at once, but for merges of many records and against what speaks against it: those wait for a second
    person.

    Raises:
        Forbidden: it is not the actor's to decide.
        Conflict: somebody has decided meanwhile.
        Invalid: there is no such verdict.
    """
    require(actor, Permission.MEMBER_MEND, item)
    if verdict not in Decision.Verdict.values:
        raise Invalid(verdict)
    with transaction.atomic(), scope.system():
        held = ReviewItem.objects.select_for_update().filter(pk=item.pk).first()
        if held is None or held.state != ReviewItem.State.OPEN:
            raise Conflict(str(item))
        left, right = sorted((item.left.key, item.right.key))
        waits = needs_second(held, verdict)
        made = Decision.objects.create(
            left=left, right=right, organ_path=held.organ_path, verdict=verdict, probability=held.probability,
            state=Decision.State.WAITING if waits else Decision.State.STANDING, impact=held.impact,
            person_id=actor.person_id, person_name=actor.name,
        )  # fmt: skip
        _tell(made, ReviewItem.State.WAITING if waits else ReviewItem.State(verdict))
        record(actor=actor, kind=MemberEvent.DECIDE, obj=made, new={"verdict": verdict, "state": made.state})
    return made


def confirm(*, actor: Actor, decision: Decision) -> None:
    """Agree to a merge as the second pair of eyes.

    Raises:
        Forbidden: it is not the actor's, or their own.
        Conflict: it does not wait any more.
    """
    _second(actor, decision, MemberEvent.CONFIRM, Decision.State.STANDING)


def refuse(*, actor: Actor, decision: Decision) -> None:
    """Refuse a merge as the second pair of eyes: the item is to be decided again.

    Raises:
        Forbidden: it is not the actor's, or their own.
        Conflict: it does not wait any more.
    """
    _second(actor, decision, MemberEvent.REFUSE, Decision.State.REFUSED)


def _second(actor: Actor, decision: Decision, kind: MemberEvent, state: Decision.State) -> None:
    with transaction.atomic(), scope.system():
        held = _held(decision)
        if held.state != Decision.State.WAITING:
            raise Conflict(str(decision))
        if not may_second(actor, held):
            raise Forbidden(kind.value)
        held.state, held.second_id, held.second_name, held.ended_at = state, actor.person_id, actor.name, timezone.now()
        held.save(update_fields=["state", "second_id", "second_name", "ended_at"])
        stands = state == Decision.State.STANDING
        _tell(held, ReviewItem.State(held.verdict) if stands else ReviewItem.State.OPEN)
        record(
            actor=actor, kind=kind, obj=held, old={"state": Decision.State.WAITING.value}, new={"state": state.value}
        )


def undo(*, actor: Actor, decision: Decision) -> None:
    """Take a decision back: the item is to be decided again, and the engine's next run knows nothing of it.

    Raises:
        Forbidden: it is not the actor's.
        Conflict: it does not count any more.
    """
    with transaction.atomic(), scope.system():
        held = _held(decision)
        if held.state not in {Decision.State.WAITING, Decision.State.STANDING}:
            raise Conflict(str(decision))
        if not may_undo(actor, held):
            raise Forbidden(MemberEvent.UNDO.value)
        before = held.state
        held.state, held.undone_by, held.ended_at = Decision.State.UNDONE, actor.name, timezone.now()
        held.save(update_fields=["state", "undone_by", "ended_at"])
        _tell(held, ReviewItem.State.OPEN)
        record(actor=actor, kind=MemberEvent.UNDO, obj=held, old={"state": before}, new={"state": held.state})


def _held(decision: Decision) -> Decision:
    found = Decision.objects.select_for_update().filter(pk=decision.pk).first()
    if found is None:
        raise NotFound(str(decision))
    return found


def _tell(decision: Decision, state: ReviewItem.State) -> None:
    items_of(decision).update(state=state)
