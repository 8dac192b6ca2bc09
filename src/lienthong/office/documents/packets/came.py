"""How a document came as a packet, as its page tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.office.documents.models import Intake
from lienthong.office.documents.packets.errors import meaning

_WORDS: Final[Mapping[str, Promise]] = {
    "intact": _("fits the packet; by whose certificate was not checked"),
    "broken": _("does not fit the packet"),
    "unchecked": _("could not be checked"),
}
_PART: Final = _("fits a part of the packet only")
_CSS: Final = {"broken": "tag-bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A signature of the packet."""

    word: str
    css: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """All of it."""

    intake: Intake
    seals: list[Seal]
    # What was odd: in words, where, and what was found there.
    remarks: list[tuple[str, str, str]]


def came(intake: Intake) -> Came:
    """Put it into the reader's language."""
    seals = []
    for each in intake.signatures:
        verdict = str(each["verdict"])
        word = _PART if verdict == "intact" and not each["whole"] else _WORDS.get(verdict, _WORDS["unchecked"])
        seals.append(Seal(word=str(word), css=_CSS.get(verdict, "tag-warn"), subject=str(each["subject"])))
    remarks = [(meaning(each["text"]), str(each["place"]), str(each["detail"])) for each in intake.oddities]
    return Came(intake=intake, seals=seals, remarks=remarks)
