"""What the trail tells of this room."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.office.documents.states import DEEDS, Deed

DocumentEvent = StrEnum(  # type: ignore[misc]  # one event for each deed, and those that no deed brings about
    "DocumentEvent",
    {
        "CREATE": "documents:document:create",
        "ARRIVE": "documents:document:arrive",
        **{deed.name: f"documents:document:{deed.value}" for deed in Deed},
    },
)
"""What was done to a document."""


class ChainEvent(StrEnum):
    """What was done to how an organ works."""

    CREATE = "documents:chain:create"
    CLOSE = "documents:chain:close"
    PERIOD = "documents:period:begin"
    LETTERHEAD = "documents:letterhead:set"
    RESERVE = "documents:number:reserve"


class FileEvent(StrEnum):
    """What was done with a file."""

    READ = "documents:file:read"


TITLES: Final[Mapping[str, Promise]] = {
    "documents:document:create": _("began a document"),
    "documents:document:arrive": _("a document arrived"),
    **{f"documents:document:{deed.value}": rule.title for deed, rule in DEEDS.items()},
    ChainEvent.CREATE: _("configured a chain"),
    ChainEvent.CLOSE: _("closed a chain"),
    ChainEvent.PERIOD: _("began a term of office"),
    ChainEvent.LETTERHEAD: _("chose notation and place"),
    ChainEvent.RESERVE: _("kept a number"),
    FileEvent.READ: _("opened a file"),
}
