"""How an organ works on documents: its chains, letterhead, terms, and the numbers it keeps."""

from dataclasses import dataclass

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.documents.models import Chain, ChainStep, Letterhead, Period, TakenNumber
from lienthong.office.organs.models import Position, Unit

_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """All of it, as its page shows it."""

    chains: list[tuple[Chain, list[ChainStep]]]
    letterhead: Letterhead | None
    periods: list[Period]
    kept: list[TakenNumber]


def ways(actor: Actor) -> Ways:
    """Return how the actor's organ works; of secret registers nothing to who is not cleared."""
    steps: dict[int, list[ChainStep]] = {}
    for step in ChainStep.objects.filter(chain__organ=actor.organ_id).select_related("position"):
        steps.setdefault(step.chain_id, []).append(step)
    chains = Chain.objects.filter(organ=actor.organ_id, closed_at=None).order_by("name")
    kept = TakenNumber.objects.filter(document=None, series__organ=actor.organ_id).select_related("series")
    if actor.clearance < Level.CONFIDENTIAL:
        kept = kept.filter(series__secret=False)
    return Ways(
        chains=[(chain, steps.get(chain.pk, [])) for chain in chains],
        letterhead=Letterhead.objects.filter(pk=actor.organ_id).first(),
        periods=list(Period.objects.filter(organ=actor.organ_id).order_by("-starts_on")),
        kept=list(kept.order_by("series", "number")[:_MOST]),
    )


def chain(actor: Actor, number: int) -> Chain:
    """Return an open chain of the actor's organ.

    Raises:
        NotFound: there is none of that number.
    """
    found = Chain.objects.select_related("organ").filter(pk=number, organ=actor.organ_id, closed_at=None).first()
    if found is None:
        raise NotFound(str(number))
    return found


def place(actor: Actor) -> str:
    """Return the place that the organ's letterhead names; empty where there is none."""
    return Letterhead.objects.filter(pk=actor.organ_id).values_list("place", flat=True).first() or ""


def own(actor: Actor) -> Unit:
    """Return the organ the actor acts for.

    Raises:
        NotFound: they act for none.
    """
    found = Unit.objects.filter(pk=actor.organ_id).first()
    if found is None:
        raise NotFound("organ")
    return found


def positions(actor: Actor) -> list[tuple[int, str]]:
    """Return the open positions of the actor's organ with their units."""
    with scope.system():
        found = Position.objects.filter(organ_path=actor.organ_path, closed_on=None).select_related("unit")
        ordered = found.order_by("unit__path", "rank", "pk")[:_MOST]
        return [(one.pk, f"{one.title} · {one.unit.name}") for one in ordered]
