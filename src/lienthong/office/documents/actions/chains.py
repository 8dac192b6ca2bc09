"""Through whose hands an organ's drafts go."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Invalid, NotFound
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy
from lienthong.office.documents import profile
from lienthong.office.documents.audit import ChainEvent
from lienthong.office.documents.models import Chain, ChainStep, StepKind
from lienthong.office.organs.models import Position, Unit

MOST_STEPS = 12


@dataclass(frozen=True, slots=True)
class Hand:
    """One pair of hands."""

    position_id: int
    kind: StepKind


def create_chain(*, actor: Actor, organ: Unit, name: str, type_: str, hands: Sequence[Hand]) -> Chain:
    """Configure a chain of an organ.

    Args:
        actor: an administrator of the organ or above.
        organ: whose drafts go along it.
        name: unique among the organ's open ones.
        type_: for documents of this type; empty for all.
        hands: who comes after whom; the last one signs.

    Raises:
        Forbidden: it is not the actor's to do.
        Invalid: no name, an unknown type, a position of another organ, nobody who signs at the end.
    """
    title = tidy(name)
    if not title or (type_ and type_ not in profile.types()):
        raise Invalid(_("A chain needs a name, and a type of the list or none."))
    if not 0 < len(hands) <= MOST_STEPS or hands[-1].kind != StepKind.SIGN:
        raise Invalid(_("A chain has 1 to {number} steps, and its last one signs.").format(number=MOST_STEPS))
    with transaction.atomic(), scope.system():
        organ = Unit.objects.get(pk=organ.pk)
        require(actor, Permission.UNIT_MANAGE, organ)
        wanted = {hand.position_id for hand in hands}
        known = Position.objects.filter(pk__in=wanted, organ_path=organ.path, closed_on=None).count()
        if known != len(wanted):
            raise Invalid(_("Every step needs an open position of this organ."))
        try:
            with transaction.atomic():
                chain = Chain.objects.create(organ=organ, name=title, type=type_)
        except IntegrityError:
            raise Invalid(_("There is a chain of that name.")) from None
        ChainStep.objects.bulk_create(
            ChainStep(chain=chain, place=place, kind=hand.kind, position_id=hand.position_id)
            for place, hand in enumerate(hands, start=1)
        )
        record(
            actor=actor, kind=ChainEvent.CREATE, obj=chain, new={"name": title, "type": type_, "steps": len(hands)},
            label=Level(organ.label),
        )  # fmt: skip
    return chain


def close_chain(*, actor: Actor, chain: Chain) -> None:
    """Close a chain: what goes along it already goes on.

    Raises:
        Forbidden: it is not the actor's to do.
        NotFound: it is closed already.
    """
    with transaction.atomic(), scope.system():
        held = Chain.objects.select_for_update(of=("self",)).select_related("organ").get(pk=chain.pk)
        require(actor, Permission.UNIT_MANAGE, held.organ)
        if held.closed_at:
            raise NotFound(held.name)
        held.closed_at = timezone.now()
        held.save(update_fields=["closed_at"])
        record(actor=actor, kind=ChainEvent.CLOSE, obj=held, new={"name": held.name}, label=Level(held.organ.label))
