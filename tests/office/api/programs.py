"""Tokens of the house's persons, and a program that uses them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils.timezone import localdate

from lienthong.office.accounts.models import Token
from lienthong.office.api.actions.tokens import issue_personal, issue_system
from lienthong.office.api.tokens import SYSTEM_SCOPES, Scope
from tests.office.people import House

ALL_SCOPES = tuple(Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Something that calls the API with a token."""

    token: Token | None
    secret: str
    language: str = "en"

    def ask(self, path: str, method: str = "GET", **more: Any) -> Any:  # noqa: ANN401 - a response of the test client
        """Send a request."""
        client = Client(raise_request_exception=False)
        headers = {"Accept-Language": self.language, **more.pop("headers", {})}
        if self.secret:
            headers.setdefault("Authorization", f"Bearer {self.secret}")
        return client.generic(method, f"/api/v1{path}", headers=headers, **more)

    def send(self, path: str, body: object, method: str = "POST") -> Any:  # noqa: ANN401 - the same
        """Send JSON."""
        return self.ask(path, method, data=json.dumps(body).encode(), content_type="application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Makes programs."""

    house: House

    def of(self, key: str, scopes: Iterable[Scope] = ALL_SCOPES, days: int = 30) -> Program:
        """Return a program of a person of the house."""
        token, secret = issue_personal(
            actor=self.house.actor(key), name="Kịch bản", scopes=scopes, expires_on=localdate() + timedelta(days=days)
        )
        return Program(token=token, secret=secret)

    def system(self, administrator: str, official: str) -> Program:
        """Return an information system for which an official answers."""
        token, secret = issue_system(
            actor=self.house.actor(administrator),
            appointment_id=self.house.appointment(official).pk,
            name="Hệ thống 1",
            scopes=SYSTEM_SCOPES,
            expires_on=localdate() + timedelta(days=30),
        )
        return Program(token=token, secret=secret)
