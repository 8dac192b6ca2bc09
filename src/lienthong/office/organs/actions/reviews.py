"""Settle where a split predecessor went: the code alone did not tell."""

from django.db import transaction
from django.utils.translation import gettext as _

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.core.errors import Conflict, Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.organs.audit import OrganEvent
from lienthong.office.organs.models import Succession


@transaction.atomic
def settle(*, actor: Actor, succession: Succession, belongs: bool, decision: str) -> None:
    """Say that a part of the predecessor lies in the successor, or that none does.

    Args:
        actor: an administrator of the successor or above.
        succession: which; it is removed if nothing belongs.
        belongs: whether a part of it does.
        decision: on what ground.

    Raises:
        Forbidden: it is not the actor's to do.
        Invalid: no ground was given.
        Conflict: somebody else settled it meanwhile.
    """
    with scope.system():
        row = Succession.objects.select_for_update(of=("self",)).select_related("successor").filter(pk=succession.pk)
        found = row.first()
        if found is None or not found.needs_review:
            raise Conflict(succession.old_name)
        require(actor, Permission.UNIT_MANAGE, found.successor)
        if not decision.strip():
            raise Invalid(_("Name the decision or the document that says so."))
        new: dict[str, Json] = {
            "code": found.old_code,
            "name": found.old_name,
            "belongs": belongs,
            "decision": decision,
        }
        record(
            actor=actor, kind=OrganEvent.REVIEW, obj=found.successor, old={"needs_review": True}, new=new,
            label=found.successor.level,
        )  # fmt: skip
        if belongs:
            found.needs_review, found.decision = False, decision
            found.save(update_fields=["needs_review", "decision"])
        else:
            found.delete()
