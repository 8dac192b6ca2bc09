"""Endpoints of what is done to documents: each is the deed's own address, as in the pages."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Final

from ninja import Field, Schema

from lienthong.office.api.authentication import Bearer, TokenRequest
from lienthong.office.api.tokens import Scope
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.documents.models import Document
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.policies import require
from lienthong.office.documents.selectors.documents import document, parts
from lienthong.office.documents.states import Deed

type Run = Callable[[Actor, Document], object]
WRITES: Final = Bearer(Scope.WRITE_DOCUMENTS)
# Plain names and no type statements: of those pydantic makes references, which ninja does not follow.
Note = Annotated[str, Field(max_length=NOTE_LENGTH, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, Field(min_length=1, max_length=NOTE_LENGTH, pattern=r"^[^\x00]*$")]
# Numbering counts in years, and back to the term that a day lies in.
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]


class Given(Schema):
    """What is sent: nothing that is not known here."""

    model_config = {"extra": "forbid"}


class Nothing(Given):
    """A deed that needs no words."""


class Why(Given):
    """A deed and why."""

    reason: Reason


def do(request: TokenRequest, document_id: int, deed: Deed, run: Run) -> Document:
    """Do something to a document that the reader sees, and return it as it is then.

    Raises:
        NotFound: there is none that they see.
        Forbidden, Conflict: it is not theirs to do, or not any more.
        OfficeError: the action refuses it.
    """
    found = document(request.actor, document_id)
    # Before anything that was sent is looked up: the action asks once more.
    require(found, deed, parts(request.actor, found))
    run(request.actor, found)
    # As the system: whoever has done it is told so, even if they see it no more.
    with scope.system():
        return Document.objects.only("uid", "state", "number", "entry", "revision").get(pk=document_id)
