"""Judging the signatures of a file. Runs in the child process; `judging` has the rules."""

import asyncio
from datetime import datetime
from typing import Final

from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from lienthong.signatures.evidence import Evidence
from lienthong.signatures.isolation import Task
from lienthong.signatures.judging import Judge
from lienthong.signatures.reading import BROKEN, Opened, Unreadable, open_pdf, told, unreadable
from lienthong.signatures.report import Problem, Reason, Report, Signature, State, Verdict

_MAX_SIGNATURES: Final = 200
_STAMP: Final = "/DocTimeStamp"


def validate(data: bytes, task: Task, *, at: datetime) -> Report:
    """Judge every signature of a file at a time.

    Args:
        data: the file.
        task: whom to trust, and what is offered beside.
        at: the time (aware).
    """
    try:
        try:
            return asyncio.run(_report(open_pdf(data, lenient=False), Evidence.offered(task), at))
        except BROKEN:
            return asyncio.run(_report(open_pdf(data, lenient=True), Evidence.offered(task), at))
    except Unreadable as error:
        problem, detail = error.problem, error.detail
    except BROKEN as error:
        problem, detail = (found := unreadable(error)).problem, found.detail
    return Report(state=State.UNREADABLE, at=at, problem=problem, detail=detail)


async def _report(pdf: Opened, offered: Evidence, at: datetime) -> Report:
    fields = []
    for name, _value, field in enumerate_sig_fields(pdf.reader, filled_status=True):
        fields.append((str(name), field))
        if len(fields) > _MAX_SIGNATURES:
            raise Unreadable(Problem.EXCESSIVE, f"more than {_MAX_SIGNATURES} signatures")
    found: list[tuple[int, EmbeddedPdfSignature]] = []
    broken: list[Signature] = []
    for name, field in fields:
        try:
            embedded = EmbeddedPdfSignature(pdf.reader, field, name)
            found.append((embedded.signed_revision, embedded))
        except BROKEN as error:
            broken.append(_malformed(name, error))
    found.sort(key=lambda each: each[0])
    judge = Judge(pdf=pdf, evidence=offered.with_store_of(pdf.reader), at=at)
    # Those over the whole document first: they prove when what they are over was there.
    stamps = [each for _, each in found if each.sig_object_type == _STAMP]
    judged = {id(each): await _guarded(judge, each, strict=not pdf.lenient) for each in stamps}
    for _, each in found:
        if id(each) not in judged:
            judged[id(each)] = await _guarded(judge, each, strict=not pdf.lenient)
    signatures = (*(judged[id(each)] for _, each in found), *broken)
    return Report(state=State.SIGNED if signatures else State.UNSIGNED, at=at, signatures=signatures)


async def _guarded(judge: Judge, embedded: EmbeddedPdfSignature, *, strict: bool) -> Signature:
    try:
        return await judge.judge(embedded)
    except PdfReadError:
        # Read strictly it cannot be judged; then leniently, with less to be said for it.
        if strict:
            raise
        return _malformed(str(embedded.field_name), None)
    except BROKEN as error:
        return _malformed(str(embedded.field_name), error)


def _malformed(field: str, error: Exception | None) -> Signature:
    detail = told(error) if error else "what follows the signature cannot be read"
    return Signature(field=field, verdict=Verdict.INVALID, reason=Reason.MALFORMED, detail=detail)
