"""Programs of those who work in the bureau, and what they send."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils.timezone import localdate

from lienthong.office.api.actions.tokens import issue_personal
from lienthong.office.api.tokens import Scope
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.models import Document
from tests.office.api.programs import ALL_SCOPES, Program
from tests.office.documents.bureau import Bureau

DRAFT = {"type": "ke-hoach", "subject": "Kế hoạch công tác"}
"""The least that a draft says of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Makes programs."""

    bureau: Bureau

    def of(self, key: str, scopes: Iterable[Scope] = ALL_SCOPES) -> Program:
        """Return a program of somebody of the bureau or the house."""
        return program(self.bureau.actor(key), scopes)

    def trail(self, document: Document | int) -> list[str]:
        """Return what was done to a document, in order."""
        number = document if isinstance(document, int) else document.pk
        found = AuditEntry.objects.filter(object_type="documents.document", object_id=number).order_by("id")
        with scope.system():
            return [kind.removeprefix("documents:document:") for kind in found.values_list("kind", flat=True)]


def program(actor: Actor, scopes: Iterable[Scope] = ALL_SCOPES) -> Program:
    """Return a program of whoever acts."""
    token, secret = issue_personal(
        actor=actor, name="Kịch bản", scopes=scopes, expires_on=localdate() + timedelta(days=30)
    )
    return Program(token=token, secret=secret)


def bring(user: Program, path: str, name: str, content: bytes, **fields: str) -> Any:  # noqa: ANN401 - a response of the test client
    """Send a file as a form does."""
    body = encode_multipart(BOUNDARY, {**fields, "upload": SimpleUploadedFile(name, content)})
    return user.ask(path, "POST", data=body, content_type=MULTIPART_CONTENT)
