"""Endpoints of what a draft replies to and rests on."""

from enum import StrEnum
from typing import Annotated

from ninja import Field, Path, Router, Status

from lienthong.office.api.authentication import TokenRequest
from lienthong.office.api.description import operation
from lienthong.office.api.paging import Id
from lienthong.office.core.actor import Actor
from lienthong.office.documents.actions.relating import relate, unrelate
from lienthong.office.documents.api.deeds import WRITES, Given, do
from lienthong.office.documents.api.schemas import Done
from lienthong.office.documents.models import Document, Relation
from lienthong.office.documents.models.document import NUMBER_LENGTH
from lienthong.office.documents.selectors.documents import document
from lienthong.office.documents.states import Deed

router = Router(auth=WRITES)


class Reference(StrEnum):
    """How a draft may stand to another document."""

    ANSWERS = "answers"
    BASED_ON = "based-on"


class NewRelation(Given):
    """One document that a draft refers to: one that is here, or the number of one that is not."""

    kind: Reference
    other: Annotated[Id | None, Field(description="A document that has a number.")] = None
    number: Annotated[
        str, Field(max_length=NUMBER_LENGTH, pattern=r"^[^\x00]*$", description="Of one that is not here.")
    ] = ""


@router.post(
    "/documents/{document_id}/relations", response=Done, **operation("documents_relate", body=True, changes=True)
)
def relate_document(request: TokenRequest, document_id: Path[Id], payload: NewRelation) -> Document:
    """Say that a draft replies to a document, or rests on it; said twice, it is written once."""

    def run(actor: Actor, found: Document) -> None:
        others = frozenset() if payload.other is None else frozenset({payload.other})
        kind = Relation.Kind(payload.kind.value)
        relate(actor=actor, document=found, kind=kind, others=others, number=payload.number)

    return do(request, document_id, Deed.EDIT, run)


@router.delete(
    "/documents/{document_id}/relations/{relation_id}",
    response={204: None},
    **operation("documents_unrelate", changes=True),
)
def unrelate_document(request: TokenRequest, document_id: Path[Id], relation_id: Path[Id]) -> Status[None]:
    """Take that back."""
    unrelate(actor=request.actor, document=document(request.actor, document_id), relation=relation_id)
    return Status(204, None)
