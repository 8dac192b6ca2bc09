"""Whom a document can be sent to from here, as its form offers it."""

from typing import Final

from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.office.core import scope
from lienthong.office.core.errors import Invalid
from lienthong.office.core.text import search_key
from lienthong.office.documents.exchange import audience as to
from lienthong.office.documents.models import Document
from lienthong.office.organs import profile
from lienthong.office.organs.models import Kind, Unit

NAMED: Final = "named"
_ABOVE, _BELOW, _EVERYBODY, _LEVEL = "above", "below", "everybody", "level-"
_MOST_LINES: Final = 5000
_SHOWN: Final = 5


def offered(document: Document) -> list[tuple[str, str]]:
    """Return what can be chosen: single organs, the one above, all below, a tier, everybody."""
    pairs = [(NAMED, _("Single organs"))]
    if document.organ.parent_id is not None:
        pairs.append((_ABOVE, _("The organ above")))
    pairs.append((_BELOW, _("All organs below ours")))
    tiers = profile.tables().tiers
    pairs += [(f"{_LEVEL}{depth}", profile.tier_name(slug)) for depth, slug in enumerate(tiers)]
    return [*pairs, (_EVERYBODY, _("The whole country"))]


def audience(document: Document, chosen: str, names: str) -> to.Audience:
    """Return the audience that was chosen.

    Args:
        document: what is sent.
        chosen: one of what ``offered`` returns.
        names: codes or names of organs, one in a line.

    Raises:
        Invalid: an organ is not known, or not in the exchange; or nobody was chosen.
    """
    if chosen == NAMED:
        return to.organs(_named(names), sender=document.organ)
    if chosen == _ABOVE and document.organ.parent is not None:
        return to.organs([document.organ.parent], sender=document.organ)
    if chosen == _BELOW:
        return to.below(document.organ)
    if chosen == _EVERYBODY:
        return to.everybody()
    tiers = list(profile.tables().tiers)
    depth = chosen.removeprefix(_LEVEL)
    if chosen.startswith(_LEVEL) and depth.isdecimal() and int(depth) < len(tiers):
        return to.level(int(depth), profile.tier_name(tiers[int(depth)]))
    raise Invalid(_("Choose whom it goes to."))


def replacing(document: Document, number_key: str) -> Document:
    """Return the document of the same organ with a number.

    Raises:
        Invalid: there is none, or several.
    """
    found = list(
        Document.objects.filter(organ=document.organ_id, number_key=number_key, direction=document.direction).exclude(
            pk=document.pk
        )[:2]
    )
    if len(found) != 1:
        raise Invalid(_("There is no document of that number in the register, or more than one."))
    return found[0]


def _named(names: str) -> list[Unit]:
    lines = list(dict.fromkeys(line.strip() for line in names.splitlines() if line.strip()))
    if len(lines) > _MOST_LINES:
        raise Invalid(_("At most {number} lines.").format(number=_MOST_LINES))
    today = localdate()
    keys = {search_key(line): line for line in lines}
    with scope.system():
        found = Unit.objects.filter(Q(code__in=lines) | Q(search_key__in=keys), kind=Kind.ORGAN)
        found = found.filter(Q(valid_to=None) | Q(valid_to__gt=today), label__lt=2)
        units = list(found)
    by_code = {unit.code: unit for unit in units}
    by_name: dict[str, list[Unit]] = {}
    for unit in units:
        by_name.setdefault(unit.search_key, []).append(unit)
    chosen, unknown = [], []
    for line in lines:
        same = [by_code[line]] if line in by_code else by_name.get(search_key(line), [])
        (chosen.append(same[0]) if len(same) == 1 else unknown.append(line))
    if unknown:
        shown = ", ".join(unknown[:_SHOWN])
        raise Invalid(_("Not known, or more than one of that name; write the code: {names}").format(names=shown))
    return chosen
