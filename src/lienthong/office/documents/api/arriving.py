"""Endpoints of what arrives: accept, refuse, assign, begin, complete; and answers to whoever asks for it back."""

from typing import Annotated

from ninja import Field, Path, Router

from lienthong.office.api.authentication import TokenRequest
from lienthong.office.api.description import operation
from lienthong.office.api.paging import Id
from lienthong.office.core.actor import Actor
from lienthong.office.documents.actions import assigning, recalling, receiving
from lienthong.office.documents.api.deeds import WRITES, Day, Given, Note, Nothing, Why, do
from lienthong.office.documents.api.schemas import Done, Revision
from lienthong.office.documents.models import Document
from lienthong.office.documents.states import Deed

router = Router(auth=WRITES)
Holder = Annotated[int, Field(gt=-(2**63), lt=2**63)]


class Acceptance(Given):
    """For which day it is entered, and by when it is to be dealt with."""

    day: Annotated[Day | None, Field(description="Null: today.")] = None
    reason: Annotated[Note, Field(description="Why it is entered for an earlier day, where it is.")] = ""
    due: Annotated[Day | None, Field(description="Null: what the sender asks for.")] = None


class Orders(Given):
    """Who is to do it: “holders” among the choices."""

    lead: Holder
    supports: Annotated[list[Holder], Field(max_length=500)] = []
    due: Day | None = None
    instruction: Note = ""
    revision: Revision


class Outcome(Given):
    """What came of it."""

    result: Note = ""


@router.post("/documents/{document_id}/accept", response=Done, **operation("documents_accept", body=True, changes=True))
def accept_document(request: TokenRequest, document_id: Path[Id], payload: Acceptance) -> Document:
    """Accept what arrived, and enter it in the register."""

    def run(actor: Actor, found: Document) -> None:
        receiving.accept(actor=actor, document=found, **payload.model_dump())

    return do(request, document_id, Deed.ACCEPT, run)


@router.post("/documents/{document_id}/refuse", response=Done, **operation("documents_refuse", body=True, changes=True))
def refuse_document(request: TokenRequest, document_id: Path[Id], payload: Why) -> Document:
    """Refuse what arrived; its sender reads why."""

    def run(actor: Actor, found: Document) -> None:
        receiving.refuse(actor=actor, document=found, reason=payload.reason)

    return do(request, document_id, Deed.REFUSE, run)


@router.post("/documents/{document_id}/assign", response=Done, **operation("documents_assign", body=True, changes=True))
def assign_document(request: TokenRequest, document_id: Path[Id], payload: Orders) -> Document:
    """Assign what was registered."""
    orders = assigning.Orders(
        lead=payload.lead, supports=frozenset(payload.supports), due=payload.due, instruction=payload.instruction
    )

    def run(actor: Actor, found: Document) -> None:
        assigning.assign(actor=actor, document=found, orders=orders, seen=payload.revision)

    return do(request, document_id, Deed.ASSIGN, run)


@router.post("/documents/{document_id}/start", response=Done, **operation("documents_start", body=True, changes=True))
def start_document(request: TokenRequest, document_id: Path[Id], payload: Nothing) -> Document:
    """Begin work on what was assigned."""
    del payload
    return do(request, document_id, Deed.START, lambda actor, found: assigning.start(actor=actor, document=found))


@router.post(
    "/documents/{document_id}/complete", response=Done, **operation("documents_complete", body=True, changes=True)
)
def complete_document(request: TokenRequest, document_id: Path[Id], payload: Outcome) -> Document:
    """Say that it is done, and what came of it."""

    def run(actor: Actor, found: Document) -> None:
        assigning.complete(actor=actor, document=found, result=payload.result)

    return do(request, document_id, Deed.COMPLETE, run)


@router.post(
    "/documents/{document_id}/agree-recall",
    response=Done,
    **operation("documents_agree_recall", body=True, changes=True),
)
def agree_to_recall(request: TokenRequest, document_id: Path[Id], payload: Nothing) -> Document:
    """Give a document back that its sender asks for."""
    del payload
    return do(
        request, document_id, Deed.AGREE_RECALL, lambda actor, found: recalling.agree(actor=actor, document=found)
    )


@router.post(
    "/documents/{document_id}/refuse-recall",
    response=Done,
    **operation("documents_refuse_recall", body=True, changes=True),
)
def refuse_recall(request: TokenRequest, document_id: Path[Id], payload: Why) -> Document:
    """Keep a document that its sender asks for."""

    def run(actor: Actor, found: Document) -> None:
        recalling.keep(actor=actor, document=found, reason=payload.reason)

    return do(request, document_id, Deed.REFUSE_RECALL, run)
