"""Endpoints of what leaves: issue, dispatch, recall, replace."""

from typing import Annotated

from ninja import Field, Path, Router

from lienthong.office.api.authentication import TokenRequest
from lienthong.office.api.description import operation
from lienthong.office.api.paging import Id
from lienthong.office.core.actor import Actor
from lienthong.office.documents.actions import dispatching, issuing, recalling
from lienthong.office.documents.api.deeds import WRITES, Day, Given, Note, Why, do
from lienthong.office.documents.api.schemas import Done, Revision
from lienthong.office.documents.models import Document
from lienthong.office.documents.selectors import receivers
from lienthong.office.documents.states import Deed
from lienthong.office.documents.words import number_key

router = Router(auth=WRITES)


class Issue(Given):
    """The date it bears, and which number."""

    day: Annotated[Day | None, Field(description="Null: today.")] = None
    reason: Annotated[Note, Field(description="Why it is dated back, where it is.")] = ""
    reserved: Annotated[Id | None, Field(description="One of “reserved” among the choices; null: the next one.")] = None


class Receivers(Given):
    """Whom it goes to."""

    audience: Annotated[str, Field(max_length=40, description="One of “audiences” among the choices.")]
    organs: Annotated[
        list[Annotated[str, Field(max_length=400, pattern=r"^[^\x00\r\n]*$")]],
        Field(max_length=5000, description="Codes or names, where the audience is “named”."),
    ] = []
    revision: Revision


class Replacement(Given):
    """What replaces it."""

    by: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$", description="Its number.")]


@router.post("/documents/{document_id}/issue", response=Done, **operation("documents_issue", body=True, changes=True))
def issue_document(request: TokenRequest, document_id: Path[Id], payload: Issue) -> Document:
    """Number and issue what was signed."""

    def run(actor: Actor, found: Document) -> None:
        issuing.issue(actor=actor, document=found, **payload.model_dump())

    return do(request, document_id, Deed.ISSUE, run)


@router.post(
    "/documents/{document_id}/dispatch", response=Done, **operation("documents_dispatch", body=True, changes=True)
)
def dispatch_document(request: TokenRequest, document_id: Path[Id], payload: Receivers) -> Document:
    """Send what was issued, through the exchange."""

    def run(actor: Actor, found: Document) -> None:
        to = receivers.audience(found, payload.audience, "\n".join(payload.organs))
        dispatching.dispatch(actor=actor, document=found, audience=to, seen=payload.revision)

    return do(request, document_id, Deed.DISPATCH, run)


@router.post("/documents/{document_id}/recall", response=Done, **operation("documents_recall", body=True, changes=True))
def recall_document(request: TokenRequest, document_id: Path[Id], payload: Why) -> Document:
    """Ask all receivers for it."""

    def run(actor: Actor, found: Document) -> None:
        recalling.recall(actor=actor, document=found, reason=payload.reason)

    return do(request, document_id, Deed.RECALL, run)


@router.post(
    "/documents/{document_id}/replace", response=Done, **operation("documents_replace", body=True, changes=True)
)
def replace_document(request: TokenRequest, document_id: Path[Id], payload: Replacement) -> Document:
    """Note that another document of the organ replaces it."""

    def run(actor: Actor, found: Document) -> None:
        recalling.replace(actor=actor, document=found, by=receivers.replacing(found, number_key(payload.by)))

    return do(request, document_id, Deed.REPLACE, run)
