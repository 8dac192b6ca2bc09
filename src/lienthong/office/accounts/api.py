"""Endpoints of persons."""

from typing import Annotated, Any

from ninja import Field, Path, Query, Router, Schema

from lienthong.office.accounts import api_reads
from lienthong.office.accounts.models import Person, State
from lienthong.office.api import paging
from lienthong.office.api.authentication import Bearer, TokenRequest
from lienthong.office.api.description import operation
from lienthong.office.api.paging import Cursor, Id, Limit, PageOf, Text
from lienthong.office.api.tokens import Scope

router = Router(auth=Bearer(Scope.READ_PERSONS))


class PersonOut(Schema):
    """An official."""

    id: int
    name: str
    email: str
    phone: str
    state: State
    organ_id: int
    revision: int


class PersonQuery(Schema):
    """Which persons."""

    q: Text = Field("", description="The beginning of a word of the name, or of the mail address.")
    organ: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    state: State | None = None
    limit: Limit = 50
    cursor: Cursor = ""


@router.get(
    "/persons",
    response=PageOf[PersonOut],
    **operation("persons_list"),
)
def list_persons(request: TokenRequest, query: Query[PersonQuery]) -> dict[str, Any]:
    """Persons, in order of their names."""
    found = api_reads.persons(request.actor, q=query.q, organ_id=query.organ, state=query.state or "")
    items, after = paging.page(found, cursor=query.cursor, limit=query.limit, key="sort_key")
    return {"items": items, "next": after}


@router.get(
    "/persons/{person_id}",
    response=PersonOut,
    **operation("persons_get"),
)
def get_person(request: TokenRequest, person_id: Path[Id]) -> Person:
    """One person."""
    return api_reads.person(request.actor, person_id)
