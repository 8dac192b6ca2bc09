"""Look at a file that came or was brought: what its signatures are worth, how many pages it has, what to beware of."""

from typing import Any, Final

import msgspec
from procrastinate.contrib.django import app

from lienthong.office.core import scope
from lienthong.office.documents.actions.previewing import preview_later
from lienthong.office.documents.models import File
from lienthong.office.documents.models.files import PDF
from lienthong.office.documents.signers import trusted
from lienthong.office.documents.viewing import HEAD, Kind, kind_of
from lienthong.office.vault.errors import FileShredded
from lienthong.office.vault.selectors import read
from lienthong.signatures.report import Facts, Problem
from lienthong.signatures.verify import inspect, verify

TASK: Final = "documents.look_at_file"
FACTS: Final = "facts"
"""Under this key of `File.report` stands what is in a PDF, beside what is said of its signatures."""


def look_later(file: File) -> None:
    """Have a file looked at once it is really there: in the transaction that wrote its row."""
    app.configure_task(TASK).defer(file_id=file.pk)


def look(file_id: int) -> None:
    """Look at a file, as the system; of what is no PDF and is not called one nothing is said.

    The file itself is read by child processes with bounds (ADR 0070). Looked at again, the newest answer stands.

    Raises:
        KeyStoreError, OSError: it cannot be read now.
    """
    with scope.system():
        file = File.objects.select_related("document").filter(pk=file_id).first()
    if file is None:
        return
    try:
        head = b"".join(read(file.blob_id, 0, min(HEAD, file.size)))
        if kind_of(file, head) is not Kind.PDF:
            preview_later(file, head)
            found = _no_pdf() if file.media_type == PDF else None
        else:
            found = _found(b"".join(read(file.blob_id)))
    except FileShredded:
        return
    if found is None:
        return
    pages = found[FACTS]["pages"] or None
    with scope.system():
        File.objects.filter(pk=file_id).update(report=found, pages=pages)


def _found(content: bytes) -> dict[str, Any]:
    report: dict[str, Any] = msgspec.to_builtins(verify(content, trust=trusted()))
    return report | {FACTS: msgspec.to_builtins(inspect(content))}


def _no_pdf() -> dict[str, Any]:
    return {FACTS: msgspec.to_builtins(Facts(problem=Problem.NOT_A_PDF))}
