"""Whom a document goes to, as the exchange takes it and as a person reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from lienthong.kernel.identifiers import OrganId
from lienthong.office.core.errors import Invalid
from lienthong.office.documents.exchange.gateways import connected
from lienthong.office.documents.models.document import NAME_LENGTH
from lienthong.office.organs.models import Unit

MAX_ORGANS: Final = 10_000
"""So many the exchange takes in one message, named one by one."""
_EVERYBODY: Final = "*"
_DEEPEST: Final = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Receivers of one dispatch."""

    # Organs, ``level:N``, ``below:ORGAN`` or ``*``.
    receivers: tuple[str, ...]
    # In the language of whoever chose it.
    words: str


def organs(units: Sequence[Unit], *, sender: Unit) -> Audience:
    """Return some organs, named one by one.

    Args:
        units: which.
        sender: who sends; it is not among them.

    Raises:
        Invalid: there is none, there are too many, or one is not in the exchange.
    """
    others = list({unit.pk: unit for unit in units if unit.pk != sender.pk}.values())
    if not others or len(others) > MAX_ORGANS:
        raise Invalid(_("Choose at least one other organ, and at most {number}.").format(number=MAX_ORGANS))
    receivers = tuple(str(_organ(unit)) for unit in others)
    words = ", ".join(unit.name for unit in others)
    if len(words) > NAME_LENGTH:
        words = _("{number} organs: {names}").format(number=len(others), names=words)[: NAME_LENGTH - 1] + "…"
    return Audience(receivers=receivers, words=words)


def level(depth: int, words: str) -> Audience:
    """Return all organs of one depth in the exchange's tree: 0 is the top.

    Args:
        depth: which.
        words: what they are called, such as a tier's name.

    Raises:
        Invalid: there is no such depth.
    """
    if not 0 <= depth <= _DEEPEST:
        raise Invalid(_("There is no such level."))
    return Audience(receivers=(f"level:{depth}",), words=words[:NAME_LENGTH])


def below(unit: Unit) -> Audience:
    """Return all organs below one, not itself.

    Raises:
        Invalid: it is not in the exchange.
    """
    words = _("All below {name}").format(name=unit.name)[:NAME_LENGTH]
    return Audience(receivers=(f"below:{_organ(unit)}",), words=words)


def everybody() -> Audience:
    """Return the whole country."""
    return Audience(receivers=(_EVERYBODY,), words=_("The whole country"))


def _organ(unit: Unit) -> OrganId:
    found = connected().organ(unit.code)
    if found is None:
        raise Invalid(_("{name} does not take part in the exchange.").format(name=unit.name))
    return found
