"""Who sees which members, and who may do what to them: data for ``core.policies``, and the rules on second eyes."""

from typing import Final

from django.conf import settings
from django.db.models import Q

from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Reader
from lienthong.office.core.policies import Permission, may, which
from lienthong.office.members.models import Assignment, Change, Decision, ReviewItem
from lienthong.office.organs.policies import Place

MASK: Final = "•••"


def visible(actor: Actor | Reader, field: str = "organ_path") -> Q:
    """Return the predicate of what an actor sees here, the same as in the database's own policy: the own subtree."""
    return which(actor, Permission.MEMBER_VIEW, field)


def opens_sensitive(actor: Actor, organ_path: str) -> bool:
    """Tell whether sensitive values of an organ's members are shown to an actor."""
    return may(actor, Permission.MEMBER_SENSITIVE, Place(organ_path))


def mends(actor: Actor, organ_path: str) -> bool:
    """Tell whether an actor may decide about, and propose changes to, records of an organ."""
    return may(actor, Permission.MEMBER_MEND, Place(organ_path))


def outranks(actor: Actor, given: Assignment) -> bool:
    """Tell whether an actor may withdraw or replace an assignment: it is their organ's word, or that of one below."""
    return may(actor, Permission.MEMBER_ASSIGN, Place(given.giver))


def needs_second(item: ReviewItem, verdict: str) -> bool:
    """Tell whether a second person has to agree: a merge of many records, or against what speaks against it."""
    return verdict == Decision.Verdict.SAME and (item.impact >= settings.LIENTHONG_MEMBERS_IMPACT or bool(item.reasons))


def may_second(actor: Actor, decision: Decision) -> bool:
    """Tell whether an actor may be the second pair of eyes: it is waited for, and they did not decide themselves."""
    return (
        decision.state == Decision.State.WAITING
        and actor.person_id != decision.person_id
        and mends(actor, decision.organ_path)
    )


def may_undo(actor: Actor, decision: Decision) -> bool:
    """Tell whether an actor may take a decision back."""
    return decision.state in {Decision.State.WAITING, Decision.State.STANDING} and mends(actor, decision.organ_path)


def may_enter(actor: Actor, change: Change) -> bool:
    """Tell whether an actor may let a proposed change in, or refuse it: not whoever proposed it."""
    return (
        change.state == Change.State.WAITING and actor.person_id != change.person_id and mends(actor, change.organ_path)
    )
