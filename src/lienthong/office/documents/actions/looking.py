"""Look at files that came or were brought: what their signatures are worth, how many pages, what to beware of."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from cryptography.x509 import Certificate
from procrastinate.contrib.django import app
from procrastinate.types import JSONValue

from lienthong.kernel.errors import LienthongError
from lienthong.office.core import scope
from lienthong.office.documents.actions.previewing import preview_later
from lienthong.office.documents.lately import Lately
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

type _Key = tuple[str, str, tuple[Certificate, ...]]
# By SHA-256, media type and whose word counts.
_lately: Final[Lately[_Key, dict[str, Any]]] = Lately(64)


def look_later(files: Iterable[File]) -> None:
    """Have files looked at once they are really there: in the transaction that wrote their rows."""
    ids: list[JSONValue] = [file.pk for file in files]
    if ids:
        app.configure_task(TASK).defer(file_ids=ids)


def look(file_ids: Collection[int]) -> None:
    """Look at files, as the system; of what is no PDF and is not called one nothing is said.

    A file itself is read by child processes with bounds (ADR 0070), once where the same one came to many organs
    (ADR 0089). Looked at again, the newest answer stands.

    Raises:
        KeyStoreError, OSError: one cannot be read now; the others were looked at.
    """
    with scope.system():
        files = list(File.objects.select_related("document").filter(pk__in=file_ids).order_by("pk"))
    same: dict[_Key, list[File]] = {}
    for file in files:
        same.setdefault((file.digest, file.media_type, tuple(trusted())), []).append(file)
    trouble: Exception | None = None
    for key, some in same.items():
        try:
            _look(key, some)
        except (LienthongError, OSError) as error:
            trouble = error
    if trouble is not None:
        raise trouble


def _look(key: _Key, files: Sequence[File]) -> None:
    """Look at files that have the same content and type."""
    looked = []
    for file in files:
        report = _lately.get(key)
        if report is None:
            report, is_pdf = _looked_at(file)
            # What could not be read, or not to its end, may have been too much for this moment only.
            if report is not None and is_pdf and not report["problem"] and _is_whole(report[FACTS]):
                _lately.put(key, report)
        if report is not None:
            looked.append((file.pk, report))
    if not looked:
        return
    found = looked[-1][1]
    # Some of the pages are no number of pages.
    pages = (_is_whole(found[FACTS]) and found[FACTS]["pages"]) or None
    with scope.system():
        File.objects.filter(pk__in=[pk for pk, _report in looked]).update(report=found, pages=pages)


def _is_whole(facts: Mapping[str, Any]) -> bool:
    """Tell whether all of a PDF was looked at."""
    return not facts["problem"] and bool(facts["complete"])


def _looked_at(file: File) -> tuple[dict[str, Any] | None, bool]:
    """Return what is to be said of a file, if anything is, and whether it is a PDF."""
    try:
        head = b"".join(read(file.blob_id, 0, min(HEAD, file.size)))
        if kind_of(file, head) is not Kind.PDF:
            preview_later(file, head)
            return _no_pdf() if file.media_type == PDF else None, False
        return _found(b"".join(read(file.blob_id))), True
    except FileShredded:
        return None, False


def _found(content: bytes) -> dict[str, Any]:
    report: dict[str, Any] = msgspec.to_builtins(verify(content, trust=trusted()))
    return report | {FACTS: msgspec.to_builtins(inspect(content))}


def _no_pdf() -> dict[str, Any]:
    return {FACTS: msgspec.to_builtins(Facts(problem=Problem.NOT_A_PDF))}
