"""Endpoints of drafts: begin, change, share, submit, approve, return, sign, discard; and remarks."""

from typing import Annotated
from uuid import UUID

from ninja import Field, Path, Router

from lienthong.office.api.authentication import Bearer, TokenRequest
from lienthong.office.api.description import operation
from lienthong.office.api.paging import Id
from lienthong.office.api.tokens import Scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.documents.actions import approval, drafts, signing
from lienthong.office.documents.api.deeds import WRITES, Day, Given, Note, Nothing, Reason, Why, do
from lienthong.office.documents.api.schemas import LABELS, Done, Label, Revision
from lienthong.office.documents.models import Document
from lienthong.office.documents.models.document import NAME_LENGTH, SUBJECT_LENGTH
from lienthong.office.documents.selectors import choices
from lienthong.office.documents.states import Deed

router = Router(auth=WRITES)


class DraftIn(Given):
    """What a draft says of itself."""

    # Slugs of the profile.
    type: Annotated[str, Field(max_length=40)]
    subject: Annotated[str, Field(min_length=1, max_length=SUBJECT_LENGTH, pattern=r"^[^\x00]*$")]
    # Programs begin nothing that is top secret.
    label: Label = Label.INTERNAL
    urgency: Annotated[str, Field(max_length=20)] = "ordinary"
    place: Annotated[str, Field(max_length=NAME_LENGTH, pattern=r"^[^\x00]*$")] = ""
    due: Annotated[Day | None, Field(description="By when its receivers are to answer.")] = None
    note: Note = ""

    def draft(self) -> drafts.Draft:
        """Return it as the actions take it."""
        facts = {name: getattr(self, name) for name in DraftIn.model_fields}
        return drafts.Draft(**{**facts, "label": LABELS[self.label]})


class NewDraft(DraftIn):
    """A draft that is begun."""

    uid: Annotated[
        UUID | None, Field(description="Chosen by the program: sent once more, there is still one draft.")
    ] = None
    answers: Annotated[Id | None, Field(description="The document that it replies to.")] = None


class ChangedDraft(DraftIn):
    """A draft that is changed: all of what it says."""

    revision: Revision


class Writers(Given):
    """Who else may write."""

    # Appointments; all of them from now on.
    writers: Annotated[list[Id], Field(max_length=100)]
    revision: Revision


class Way(Given):
    """Along which chain."""

    chain: Id
    revision: Revision


class Remark(Given):
    """A word if one likes."""

    remark: Note = ""


class Said(Given):
    """What is remarked."""

    text: Reason


class Stamp(Given):
    """Where the visible stamp stands."""

    page: Annotated[int, Field(ge=-9999, le=9999, description="From the end if negative.")] = -1
    left: Annotated[float, Field(ge=0, le=5000, description="In points, of its lower left corner.")] = 320.0
    bottom: Annotated[float, Field(ge=0, le=5000)] = 90.0


class Signature(Given):
    """With which key, and where it is seen."""

    key: Annotated[str, Field(max_length=20, description="One of “keys” among the choices.")]
    stamp: Annotated[Stamp | None, Field(description="Null: the signature is not seen on the paper.")] = None


@router.post("/documents/{document_id}/share", response=Done, **operation("documents_share", body=True, changes=True))
def share_document(request: TokenRequest, document_id: Path[Id], payload: Writers) -> Document:
    """Let colleagues write on a draft, and nobody else besides its author."""

    def run(actor: Actor, found: Document) -> None:
        drafts.share_draft(actor=actor, document=found, appointments=payload.writers, seen=payload.revision)

    return do(request, document_id, Deed.SHARE, run)


@router.post(
    "/documents/{document_id}/comment", response=Done, **operation("documents_comment", body=True, changes=True)
)
def comment_document(request: TokenRequest, document_id: Path[Id], payload: Said) -> Document:
    """Remark on a document."""
    return do(
        request,
        document_id,
        Deed.COMMENT,
        lambda actor, found: drafts.comment(actor=actor, document=found, text=payload.text),
    )


@router.post("/documents/{document_id}/submit", response=Done, **operation("documents_submit", body=True, changes=True))
def submit_document(request: TokenRequest, document_id: Path[Id], payload: Way) -> Document:
    """Submit a draft for approval."""

    def run(actor: Actor, found: Document) -> None:
        chain = choices.chains(found).filter(pk=payload.chain).first()
        if chain is None:
            raise Invalid("chain", hint="Take one of “chains” among the choices.")
        approval.submit(actor=actor, document=found, chain=chain, seen=payload.revision)

    return do(request, document_id, Deed.SUBMIT, run)


@router.post(
    "/documents/{document_id}/approve", response=Done, **operation("documents_approve", body=True, changes=True)
)
def approve_document(request: TokenRequest, document_id: Path[Id], payload: Remark) -> Document:
    """Approve what waits for the token's actor."""

    def run(actor: Actor, found: Document) -> None:
        approval.approve(actor=actor, document=found, remark=payload.remark)

    return do(request, document_id, Deed.APPROVE, run)


@router.post("/documents/{document_id}/return", response=Done, **operation("documents_return", body=True, changes=True))
def return_document(request: TokenRequest, document_id: Path[Id], payload: Why) -> Document:
    """Return a document to its author."""

    def run(actor: Actor, found: Document) -> None:
        approval.send_back(actor=actor, document=found, reason=payload.reason)

    return do(request, document_id, Deed.RETURN, run)


@router.post(
    "/documents/{document_id}/sign",
    response=Done,
    auth=Bearer(Scope.SIGN_DOCUMENTS),
    **operation("documents_sign", body=True, changes=True, files=True),
)
def sign_document(request: TokenRequest, document_id: Path[Id], payload: Signature) -> Document:
    """Sign the main file with a key that is kept here."""

    def run(actor: Actor, found: Document) -> None:
        signer = choices.kept_key(actor, found, payload.key)
        if signer is None:
            raise Invalid("key", hint="Take one of “keys” among the choices.")
        place = signing.Place(**payload.stamp.model_dump()) if payload.stamp else None
        signing.sign(actor=actor, document=found, signer=signer, place=place)

    return do(request, document_id, Deed.SIGN, run)


@router.post(
    "/documents/{document_id}/discard", response=Done, **operation("documents_discard", body=True, changes=True)
)
def discard_document(request: TokenRequest, document_id: Path[Id], payload: Nothing) -> Document:
    """Give a draft up."""
    del payload
    return do(request, document_id, Deed.DISCARD, lambda actor, found: drafts.discard(actor=actor, document=found))
