"""What the trail tells of this room."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.office.records.states import DEEDS, Deed

RecordEvent = StrEnum(  # type: ignore[misc]  # one event for each deed, and that which no deed brings about
    "RecordEvent",
    {"OPEN": "records:workfile:open", **{deed.name: f"records:workfile:{deed.value}" for deed in Deed}},
)
"""What was done to a work file."""


class DisposalEvent(StrEnum):
    """What was done to a disposal, and to the files of it."""

    PROPOSE = "records:disposal:propose"
    APPROVE = "records:disposal:approve"
    REFUSE = "records:disposal:refuse"
    CARRY_OUT = "records:disposal:carry-out"
    DISPOSE = "records:workfile:dispose"


TITLES: Final[Mapping[str, Promise]] = {
    "records:workfile:open": _("opened a work file"),
    **{f"records:workfile:{deed.value}": rule.title for deed, rule in DEEDS.items()},
    DisposalEvent.PROPOSE: _("proposed a disposal"),
    DisposalEvent.APPROVE: _("approved a disposal"),
    DisposalEvent.REFUSE: _("refused a disposal"),
    DisposalEvent.CARRY_OUT: _("a disposal was carried out"),
    DisposalEvent.DISPOSE: _("disposed of a work file"),
}
