"""The tables of this room."""

from lienthong.office.documents.models.contents import Content
from lienthong.office.documents.models.document import Access, Document, Relation
from lienthong.office.documents.models.files import File
from lienthong.office.documents.models.numbers import Letterhead, Period, Series, TakenNumber
from lienthong.office.documents.models.packets import Answer, Correspondent, Intake, Way
from lienthong.office.documents.models.preview import Preview
from lienthong.office.documents.models.sending import Delivery, Dispatch, Mailbox
from lienthong.office.documents.models.work import Assignment, Chain, ChainStep, Comment, Step, StepKind

__all__ = [
    "Access",
    "Answer",
    "Assignment",
    "Chain",
    "ChainStep",
    "Comment",
    "Content",
    "Correspondent",
    "Delivery",
    "Dispatch",
    "Document",
    "File",
    "Intake",
    "Letterhead",
    "Mailbox",
    "Period",
    "Preview",
    "Relation",
    "Series",
    "Step",
    "StepKind",
    "TakenNumber",
    "Way",
]
