"""What the API tells of documents. Names are those of the columns; labels are slugs."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from django.db.models import TextChoices
from ninja import Field, Schema

from lienthong.kernel.labels import Level
from lienthong.office.documents.models import Assignment, Delivery, Dispatch, Document, File, Relation, Step, StepKind
from lienthong.office.documents.states import Deed, Direction, State

LABELS: Final = {level.slug: level for level in Level}


class Label(StrEnum):
    """How secret, up to what a program may handle."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    SECRET = "secret"  # noqa: S105 - a level


def _one_of(kind: type[TextChoices]) -> Any:  # noqa: ANN401 - as pydantic has it
    """Return the bounds of a text that is one of a column's values.

    The values stand in the description themselves: it knows enumerations by their bare names, and other rooms have a
    ``State`` and a ``Kind`` of their own.
    """
    values: list[Any] = kind.values
    return Field(json_schema_extra={"enum": values}, pattern=f"^({'|'.join(values)})$")


StateName = Annotated[str, _one_of(State)]
DirectionName = Annotated[str, _one_of(Direction)]
RoleName = Annotated[str, _one_of(File.Role)]
StepName = Annotated[str, _one_of(StepKind)]
OutcomeName = Annotated[str, _one_of(Step.Outcome)]
DutyName = Annotated[str, _one_of(Assignment.Duty)]
RelationName = Annotated[str, _one_of(Relation.Kind)]
DispatchState = Annotated[str, _one_of(Dispatch.State)]
DeliveryState = Annotated[str, _one_of(Delivery.State)]


class DocumentOut(Schema):
    """A document as its organ has it."""

    id: int
    # Of the paper itself, the same at its author and all its receivers.
    uid: UUID
    direction: DirectionName
    state: StateName
    label: Label
    type: str
    urgency: str
    subject: str
    # Number and notation, such as 384-QĐ/TW; empty before it is issued.
    number: str
    dated: date | None
    # Place in the register, and since when it stands there.
    entry: int | None
    entered_on: date | None
    author_code: str
    author: str
    signer: str
    place: str
    due: date | None
    pages: int | None
    copies: int | None
    note: str
    # The sender asks for it back, and has not been answered.
    recall_reason: str
    created_at: datetime
    arrived_at: datetime | None
    completed_at: datetime | None
    # Counts up with every change.
    revision: int

    @staticmethod
    def resolve_label(obj: Document) -> str:
        """Name the level."""
        return Level(obj.label).slug


class FileOut(Schema):
    """One version of one file of a document."""

    id: int
    role: RoleName
    name: str
    media_type: str
    # Bytes.
    size: int
    # SHA-256 of the content, as hexadecimal digits.
    digest: str
    version: int
    # False: a newer version has taken its place, or it was taken away.
    current: bool
    # Null until it was looked at.
    pages: int | None
    added_at: datetime


class StepOut(Schema):
    """One pair of hands it goes through."""

    round: int
    place: int
    kind: StepName
    position_id: int
    position: str
    outcome: OutcomeName
    decided_by: str
    decided_at: datetime | None
    remark: str

    @staticmethod
    def resolve_position(obj: Step) -> str:
        """Name the position."""
        return obj.position.title

    @staticmethod
    def resolve_decided_by(obj: Step) -> str:
        """Name the person."""
        return obj.decided_by.person.name if obj.decided_by else ""


class AssignmentOut(Schema):
    """Who is to carry it out, or to help."""

    id: int
    duty: DutyName
    # The appointment's id; a unit's id with a minus.
    holder: int
    name: str
    due: date | None
    instruction: str
    at: datetime
    done_at: datetime | None
    result: str


class CommentOut(Schema):
    """What somebody remarked."""

    name: str
    text: str
    at: datetime


class RelationOut(Schema):
    """A document that it answers, replaces or rests on."""

    id: int
    kind: RelationName
    # Null where it is not here.
    other_id: int | None
    other_number: str
    other_uid: UUID | None


class RelatedByOut(Schema):
    """A document that answers this one, replaces it or rests on it."""

    kind: RelationName
    document_id: int
    # Empty before it is issued.
    number: str
    state: StateName

    @staticmethod
    def resolve_number(obj: Relation) -> str:
        """Name the other document."""
        return obj.document.number

    @staticmethod
    def resolve_state(obj: Relation) -> str:
        """Tell where it stands."""
        return obj.document.state


class DispatchOut(Schema):
    """One act of sending it."""

    id: int
    audience: str
    state: DispatchState
    trouble: str
    at: datetime
    sent_at: datetime | None
    # How many organs it went to, and how many of them stand where.
    total: int
    counts: dict[str, int]


class DocumentWhole(DocumentOut):
    """A document with what hangs on it."""

    # What this token's actor may do to it now; each is an address under it.
    deeds: list[Deed]
    files: list[FileOut]
    steps: list[StepOut]
    assignments: list[AssignmentOut]
    comments: list[CommentOut]
    relations: list[RelationOut]
    # Those that the reader sees, the newest first.
    related_by: list[RelatedByOut]
    dispatches: list[DispatchOut]


class DeliveryOut(Schema):
    """One receiver of a dispatch, as its gateway sealed it."""

    id: int
    organ_code: str
    organ: str
    state: DeliveryState
    note: str
    # 03 registered, 04 assigned, 05 begun, 06 completed; empty before.
    code: str
    changed_at: datetime | None


class TaskOut(AssignmentOut):
    """Something that is assigned to the reader or their unit."""

    document: DocumentOut


class ChoiceOut(Schema):
    """Something to choose, by the value that is sent."""

    value: int | str
    name: str


class ChoicesOut(Schema):
    """What there is to choose from for what may be done now; empty for all else."""

    # submit: ``chain``.
    chains: list[ChoiceOut]
    # share: ``writers``.
    colleagues: list[ChoiceOut]
    # sign: ``key``.
    keys: list[ChoiceOut]
    # issue: ``reserved``.
    reserved: list[ChoiceOut]
    # dispatch: ``audience``.
    audiences: list[ChoiceOut]
    # assign: ``lead`` and ``supports``.
    holders: list[ChoiceOut]


class Done(Schema):
    """How a document stands after something was done to it."""

    id: int
    uid: UUID
    state: StateName
    # Number and notation, and the place in the register, once it has them.
    number: str
    entry: int | None
    revision: int


Revision = Annotated[int, Field(ge=1, le=2**31 - 1, description="As it was read; a later one is refused with 409.")]
