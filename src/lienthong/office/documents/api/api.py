"""Endpoints that read documents and tasks, and those at the same addresses: beginning and changing a draft."""

from datetime import date
from types import SimpleNamespace
from typing import Annotated, Any

from ninja import Field, Path, Query, Router, Schema, Status

from lienthong.office.api import paging
from lienthong.office.api.authentication import Bearer, TokenRequest
from lienthong.office.api.description import operation
from lienthong.office.api.paging import Cursor, Id, Limit, PageOf, Text
from lienthong.office.api.tokens import Scope
from lienthong.office.core.actor import Actor
from lienthong.office.documents.actions import drafts
from lienthong.office.documents.api import reads
from lienthong.office.documents.api.deeds import WRITES, do
from lienthong.office.documents.api.drafts import ChangedDraft, NewDraft
from lienthong.office.documents.api.reads import ListName
from lienthong.office.documents.api.schemas import (
    ChoicesOut,
    DeliveryOut,
    DeliveryState,
    DocumentOut,
    DocumentWhole,
    Done,
    Label,
    StateName,
    TaskOut,
)
from lienthong.office.documents.models import Document
from lienthong.office.documents.selectors import sent
from lienthong.office.documents.selectors.documents import document
from lienthong.office.documents.states import Deed

router = Router(auth=Bearer(Scope.READ_DOCUMENTS))


class PageQuery(Schema):
    """Which part of a list."""

    limit: Limit = 50
    cursor: Cursor = ""


class DocumentQuery(PageQuery):
    """Which documents."""

    list: Annotated[ListName, Field(description="The register or list, as its page is called.")] = ListName.MINE
    q: Text = Field("", description="Words of abstract, author and signer, or a number.")
    type: Text = ""
    state: StateName | None = None
    urgency: Text = ""
    year: Annotated[int | None, Field(ge=1, le=9999, description="In which it was entered.")] = None
    entered_from: date | None = None
    entered_to: date | None = None
    label: Label | None = None


class TaskQuery(PageQuery):
    """Which tasks."""

    done: bool = Field(default=False, description="Also those that are done.")


class DeliveryQuery(PageQuery):
    """Which receivers."""

    state: DeliveryState | None = None


@router.get("/documents", response=PageOf[DocumentOut], **operation("documents_list"))
def list_documents(request: TokenRequest, query: Query[DocumentQuery]) -> dict[str, Any]:
    """Documents of a register or list, the newest first."""
    own = {"list", *PageQuery.model_fields}
    given = {name: str(value) for name, value in query if name not in own and value not in {None, ""}}
    items, after = reads.documents(request.actor, query.list, given, cursor=query.cursor, limit=query.limit)
    return {"items": items, "next": after}


@router.get("/documents/{document_id}", response=DocumentWhole, **operation("documents_get"))
def get_document(request: TokenRequest, document_id: Path[Id]) -> SimpleNamespace:
    """One document, with what hangs on it."""
    found = document(request.actor, document_id)
    own = {name: getattr(found, name) for name in DocumentOut.model_fields}
    return SimpleNamespace(**own, **reads.whole(request.actor, found))


@router.post("/documents", response={201: Done}, auth=WRITES, **operation("documents_create", body=True))
def create_document(request: TokenRequest, payload: NewDraft) -> Status[Document]:
    """Begin a draft."""
    answers = None if payload.answers is None else document(request.actor, payload.answers)
    made = drafts.create_draft(actor=request.actor, draft=payload.draft(), answers=answers, uid=payload.uid)
    # The one of before may have become top secret since.
    return Status(201, document(request.actor, made.pk))


@router.put(
    "/documents/{document_id}", response=Done, auth=WRITES, **operation("documents_change", body=True, changes=True)
)
def change_document(request: TokenRequest, document_id: Path[Id], payload: ChangedDraft) -> Document:
    """Change what a draft says of itself."""

    def run(actor: Actor, found: Document) -> None:
        drafts.change_draft(actor=actor, document=found, draft=payload.draft(), seen=payload.revision)

    return do(request, document_id, Deed.EDIT, run)


@router.get("/documents/{document_id}/choices", response=ChoicesOut, **operation("documents_choices"))
def get_choices(request: TokenRequest, document_id: Path[Id]) -> dict[str, Any]:
    """What there is to choose from for what may be done to a document now."""
    return reads.offered(request.actor, document(request.actor, document_id))


@router.get(
    "/documents/{document_id}/dispatches/{dispatch_id}",
    response=PageOf[DeliveryOut],
    **operation("documents_deliveries"),
)
def list_deliveries(
    request: TokenRequest, document_id: Path[Id], dispatch_id: Path[Id], query: Query[DeliveryQuery]
) -> dict[str, Any]:
    """How far a document is with each receiver of a dispatch, in order of their names."""
    made = sent.dispatch(document(request.actor, document_id), dispatch_id)
    rows = sent.deliveries(made, query.state or "")
    items, after = paging.page(rows, cursor=query.cursor, limit=query.limit, key="organ")
    return {"items": items, "next": after}


@router.get("/tasks", response=PageOf[TaskOut], **operation("tasks_list"))
def list_tasks(request: TokenRequest, query: Query[TaskQuery]) -> dict[str, Any]:
    """What is assigned to the reader or their unit, the newest first."""
    items, after = reads.newest(reads.tasks(request.actor, done=query.done), query.cursor, query.limit)
    return {"items": items, "next": after}
