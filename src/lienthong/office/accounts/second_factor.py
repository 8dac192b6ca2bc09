"""Who needs a second factor to sign in, and how its secrets are kept."""

import base64
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from lienthong.kernel.labels import Level
from lienthong.office.accounts.selectors import sign_in
from lienthong.office.core.actor import Actor, Role

SESSION_KEY: Final = "second_factor"
"""In the session: whether the account has one. Then nobody came in without it."""
# What one needs to get a second factor, or to leave.
_OPEN: Final = (
    "/account/2fa/",
    "/account/protect/",
    "/account/logout/",
    "/account/reauthenticate/",
    "/language",
    "/theme",
)


def is_required(actor: Actor) -> bool:
    """Tell whether somebody must have a second factor to act as they do."""
    return needed(actor.roles, actor.clearance) or actor.operator


def needed(roles: Iterable[Role], clearance: Level) -> bool:
    """Tell the same from roles and clearance."""
    return clearance >= Level.CONFIDENTIAL or not set(sign_in.POWERS).isdisjoint(roles)


class SecondFactorMiddleware:
    """Lead whoever lacks a second factor to where they get one, before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve a request, or lead away from it."""
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None or request.session.get(SESSION_KEY) or not is_required(actor) or _is_open(request.path):
            return self._next(request)
        if sign_in.has_second_factor(actor.person_id):
            request.session[SESSION_KEY] = True
            return self._next(request)
        if "HX-Request" in request.headers:
            # A part of a page cannot hold another page.
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("protect")})
        return redirect("protect")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Secrets are kept encrypted, and the last factor of somebody who needs one stays."""

    def encrypt(self, text: str) -> str:
        """Return a secret as it is stored: whoever reads the table, or a backup of it, makes no codes from it."""
        return _cipher().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret.

        Raises:
            cryptography.fernet.InvalidToken: it was stored under another secret key.
        """
        return _cipher().decrypt(encrypted_text.encode("ascii")).decode()

    def can_delete_authenticator(self, authenticator: Any) -> bool:  # noqa: ANN401 - allauth ships no types
        """Tell whether a factor may go: another is left, or none is needed."""
        person = authenticator.user_id
        return sign_in.has_second_factor(person, besides=authenticator.pk) or not sign_in.needs_second_factor(person)


@cache
def _cipher() -> Fernet:
    # The installation's secret key signs other things; what encrypts is derived from it and nothing else is.
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"lienthong office second factors")
    return Fernet(base64.urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))


def _is_open(path: str) -> bool:
    return path.startswith(_OPEN)
