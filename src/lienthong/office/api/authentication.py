"""A request of the API acts for whoever its token stands for, and for nobody else: no session opens it."""

from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from lienthong.office.accounts.models import Token, TokenKind
from lienthong.office.accounts.network import address_of
from lienthong.office.api import limits, tokens
from lienthong.office.api.errors import ScopeMissing, TokenMissing, TokenRefused, TooMany
from lienthong.office.api.tokens import Scope
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor

ALLOWANCE: Final = "lienthong_allowance"
"""The attribute of a request with what its token may still ask for."""


class TokenRequest(HttpRequest):
    """A request that a token has opened."""

    actor: Actor
    auth: Token


class Bearer(HttpBearer):
    """Opens an endpoint to tokens of one scope."""

    openapi_description = "A token made on the page “API tokens”: lt_ and 43 characters."

    def __init__(self, needed: Scope | None = None) -> None:
        """Ask for a scope; None: any token will do."""
        super().__init__()
        self._needed = needed

    def __call__(self, request: HttpRequest) -> Token:
        """Find the token in a request's header and act for it until the request ends.

        Raises:
            TokenMissing: there is none.
            TokenRefused: it opens nothing.
            TooMany: it has asked too often.
            ScopeMissing: it was not made for this.
        """
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise TokenMissing
        return self.authenticate(request, secret)

    def authenticate(self, request: HttpRequest, token: str) -> Token:
        """Do the same with what the header has."""
        now = timezone.now()
        scope.switch(scope.SYSTEM)
        found = tokens.find(token, now)
        actor = None if found is None else tokens.actor_for(found, address=address_of(request))
        if found is None or actor is None:
            scope.switch(scope.NONE)
            raise TokenRefused
        allowance = limits.count(found.pk, TokenKind(found.kind))
        setattr(request, ALLOWANCE, allowance)
        tokens.note_use(found, now)
        scope.switch(scope.of(actor))
        request.actor = actor  # type: ignore[attr-defined]  # ours, set by the middleware
        if allowance.left < 0:
            raise TooMany(f"{allowance.limit} requests a minute")
        if self._needed is not None and self._needed not in found.scopes:
            raise ScopeMissing(self._needed.value)
        return found
