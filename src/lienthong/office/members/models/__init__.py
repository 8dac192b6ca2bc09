"""What this room keeps."""

from lienthong.office.members.models.registry import Failure, Identifier, Loading, Member, Record, RuleCount, Score
from lienthong.office.members.models.work import Assignment, Change, Decision, Look, ReviewItem

__all__ = (
    "Assignment",
    "Change",
    "Decision",
    "Failure",
    "Identifier",
    "Loading",
    "Look",
    "Member",
    "Record",
    "ReviewItem",
    "RuleCount",
    "Score",
)
