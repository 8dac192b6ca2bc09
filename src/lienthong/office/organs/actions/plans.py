"""What follows from an action, in words, before it is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.utils.functional import Promise

from lienthong.office.core.errors import Invalid
from lienthong.office.organs.models import Unit

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """One line of a preview."""

    text: str
    # Something is lost or left open by it.
    grave: bool = False
    url: str = ""


@dataclass(slots=True, kw_only=True)
class Plan:
    """What an action would do, and why it cannot be done if it cannot."""

    # By id: the revision of every unit that it was made for.
    revisions: Mapping[int, int]
    consequences: list[Consequence] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    # The same in numbers, for the audit trail.
    counts: dict[str, int] = field(default_factory=dict)

    def follows(self, text: str, *, grave: bool = False, unit: Unit | None = None) -> None:
        """Add a consequence."""
        self.consequences.append(Consequence(text=text, grave=grave, url=f"/units/{unit.pk}/" if unit else ""))

    def number(self, name: str, count: int, text: Promise | str, *, grave: bool = False) -> None:
        """Add a consequence for so many of something; nothing where there are none.

        Args:
            name: of what, in the audit trail.
            count: how many.
            text: the line for them, with ``{count}``.
            grave: as for ``follows``.
        """
        self.counts[name] = count
        if count:
            self.follows(str(text).format(count=count), grave=grave)

    def refuse(self, text: str) -> None:
        """Add a reason why it cannot be done."""
        self.refusals.append(text)

    def require(self) -> None:
        """Stop an action that cannot be done.

        Raises:
            Invalid: with the first reasons.
        """
        if self.refusals:
            raise Invalid(" ".join(self.refusals[:_SHOWN]))
