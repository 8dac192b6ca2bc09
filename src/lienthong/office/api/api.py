"""Endpoints of tokens: as whom one acts, and which tokens there are."""

from datetime import date, datetime
from typing import Annotated, Any

from django.utils import timezone
from ninja import Field, Path, Router, Schema, Status

from lienthong.office.accounts.models import TokenKind
from lienthong.office.api import paging, tokens
from lienthong.office.api.actions.tokens import issue_personal, revoke
from lienthong.office.api.authentication import Bearer, TokenRequest
from lienthong.office.api.description import operation
from lienthong.office.api.paging import Id
from lienthong.office.api.tokens import Scope
from lienthong.office.core.errors import Forbidden, Invalid

router = Router()


class MeOut(Schema):
    """As whom a token acts."""

    # 0 for an information system.
    person_id: int
    name: str
    appointment_id: int
    position: str
    unit_id: int
    unit: str
    organ_id: int
    organ: str
    roles: list[str]
    clearance: str
    scopes: list[str]
    expires_at: datetime


class TokenOut(Schema):
    """A token, without what opens."""

    id: int
    kind: TokenKind
    name: str
    person_id: int
    appointment_id: int
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    # To the hour.
    used_at: datetime | None


class NewToken(Schema):
    """What is wanted of a new token; it acts as the one it is made with."""

    model_config = {"extra": "forbid"}

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$")]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    expires_on: Annotated[date, Field(description="The first day on which it no longer holds, at most a year away.")]


class MadeToken(TokenOut):
    """A new token, with what opens: shown this once."""

    secret: str


@router.get("/me", response=MeOut, auth=Bearer(), **operation("me"))
def me(request: TokenRequest) -> dict[str, Any]:
    """As whom this token acts."""
    actor, token = request.actor, request.auth
    return {
        **{name: getattr(actor, name) for name in MeOut.model_fields if hasattr(actor, name)},
        "roles": sorted(actor.roles),
        "clearance": actor.clearance.slug,
        "scopes": token.scopes,
        "expires_at": token.expires_at,
    }


@router.get("/tokens", response=list[TokenOut], auth=Bearer(), **operation("tokens_list"))
def list_tokens(request: TokenRequest) -> list[Any]:
    """The newest 200 tokens."""
    return list(tokens.listed(request.actor)[: paging.MOST])


@router.post(
    "/tokens",
    response={201: MadeToken},
    auth=Bearer(Scope.WRITE_TOKENS),
    **operation("tokens_create", body=True),
)
def create_token(request: TokenRequest, payload: NewToken) -> Status[dict[str, Any]]:
    """Make a token of one's own."""
    token = request.auth
    if token.kind != TokenKind.PERSONAL:
        raise Forbidden("tokens")
    if not {*payload.scopes} <= {*token.scopes}:
        raise Forbidden("scopes", hint="A token gives away nothing that it does not have itself.")
    # One that is found in the wrong hands could otherwise live for ever through its children.
    if payload.expires_on > timezone.localtime(token.expires_at).date():
        raise Invalid("expires_on", hint="Choose a day on which this token itself still holds.")
    made, secret = issue_personal(
        actor=request.actor, name=payload.name, scopes=payload.scopes, expires_on=payload.expires_on
    )
    made.refresh_from_db()
    return Status(201, {**TokenOut.from_orm(made).model_dump(), "secret": secret})


@router.delete(
    "/tokens/{token_id}",
    response={204: None},
    auth=Bearer(Scope.WRITE_TOKENS),
    **operation("tokens_revoke"),
)
def revoke_token(request: TokenRequest, token_id: Path[Id]) -> Status[None]:
    """Withdraw a token."""
    revoke(actor=request.actor, token_id=token_id)
    return Status(204, None)
