"""Why the model thinks so: the weight of each comparison as a bar, to the right for one person, to the left against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.formats import number_format

from lienthong.office.members import registry

HALF: Final = 100.0
"""Units of the picture from the middle to each side."""
_LEAST: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One comparison."""

    title: str
    # In bits, with its sign.
    text: str
    # In the picture.
    x: str
    width: str
    css: str


def bars(weights: Mapping[str, float]) -> Sequence[Bar]:
    """Return the bars of all comparisons that say anything, the heaviest first."""
    told = sorted((item for item in weights.items() if abs(item[1]) >= _LEAST), key=lambda item: -abs(item[1]))
    most = max((abs(weight) for _name, weight in told), default=1.0)
    return [
        Bar(
            title=registry.comparison_title(name),
            text=f"{'+' if weight > 0 else '−'}{number_format(abs(weight), 1)}",
            x=f"{HALF if weight > 0 else HALF - HALF * abs(weight) / most:.1f}",
            width=f"{HALF * abs(weight) / most:.1f}",
            css="bar-for" if weight > 0 else "bar-against",
        )
        for name, weight in told
    ]
