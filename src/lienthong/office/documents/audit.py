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


class PacketEvent(StrEnum):
    """What was done with packets of organs without this office."""

    ENTER = "documents:packet:enter"
    TAKE = "documents:packet:take"
    CORRESPONDENT = "documents:correspondent:add"
    CORRESPONDENT_CLOSE = "documents:correspondent:close"


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
    PacketEvent.ENTER: _("a packet was entered"),
    PacketEvent.TAKE: _("took a packet along"),
    PacketEvent.CORRESPONDENT: _("began to exchange packets with an organ"),
    PacketEvent.CORRESPONDENT_CLOSE: _("exchanges packets with an organ no more"),
}
