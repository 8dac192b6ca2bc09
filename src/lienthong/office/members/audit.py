"""What the trail tells of this room. Never a value of a member: their keys alone."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class MemberEvent(StrEnum):
    """What was done."""

    DECIDE = "members:decision:decide"
    CONFIRM = "members:decision:confirm"
    REFUSE = "members:decision:refuse"
    UNDO = "members:decision:undo"
    EXPORT = "members:decision:export"
    SHEET = "members:failure:export"
    PROPOSE = "members:change:propose"
    ENTER = "members:change:enter"
    KEEP_OUT = "members:change:refuse"
    ASSIGN = "members:assignment:assign"
    END = "members:assignment:end"


TITLES: Final[Mapping[MemberEvent, Promise]] = {
    MemberEvent.DECIDE: _("decided whether two records are one person's"),
    MemberEvent.CONFIRM: _("confirmed a merge as the second pair of eyes"),
    MemberEvent.REFUSE: _("refused a merge as the second pair of eyes"),
    MemberEvent.UNDO: _("took a decision about two records back"),
    MemberEvent.EXPORT: _("took the decisions about doubles out for the quality engine"),
    MemberEvent.SHEET: _("took failing records out as a spreadsheet"),
    MemberEvent.PROPOSE: _("proposed a change of a member's record"),
    MemberEvent.ENTER: _("let a change into a member's record"),
    MemberEvent.KEEP_OUT: _("refused a change of a member's record"),
    MemberEvent.ASSIGN: _("assigned failing records to an organ"),
    MemberEvent.END: _("ended an assignment of failing records"),
}
