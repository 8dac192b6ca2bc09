"""What persons are told of documents. Of what is labelled no word but its number."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.notifications import actions
from lienthong.office.core.notifications.kinds import Facts, Kind, register
from lienthong.office.documents.models import Document

_SHOWN: Final = 120


class Notice(StrEnum):
    """The kinds of notifications of this room."""

    TO_APPROVE = "documents:document:to-approve"
    TO_SIGN = "documents:document:to-sign"
    TO_NUMBER = "documents:document:to-number"
    RETURNED = "documents:document:returned"
    ARRIVED = "documents:document:arrived"
    TO_ASSIGN = "documents:document:to-assign"
    ASSIGNED = "documents:document:assigned"
    REFUSED = "documents:delivery:refused"
    RECALL = "documents:document:recall"
    INVITED = "documents:document:invited"
    DUE = "documents:document:due"
    LATE = "documents:document:late"


_TEXTS: Final[dict[Notice, Promise]] = {
    Notice.TO_APPROVE: _("Waits for your approval: {document}"),
    Notice.TO_SIGN: _("Waits for your signature: {document}"),
    Notice.TO_NUMBER: _("Signed, to be numbered: {document}"),
    Notice.RETURNED: _("Returned to you: {document}"),
    Notice.ARRIVED: _("Arrived, to be registered: {document}"),
    Notice.TO_ASSIGN: _("Registered, to be assigned: {document}"),
    Notice.ASSIGNED: _("Assigned to you or your unit: {document}"),
    Notice.REFUSED: _("Refused by a receiver: {document}"),
    Notice.RECALL: _("The sender asks for it back: {document}"),
    Notice.INVITED: _("You may write on: {document}"),
    Notice.DUE: _("Due on {due}: {document}"),
    Notice.LATE: _("Late, was due on {due}: {document}"),
}


def connect() -> None:
    """Register the kinds."""
    for notice, text in _TEXTS.items():
        register(Kind(name=notice, text=_said(text)))


def tell(notice: Notice, document: Document, person_ids: Iterable[int]) -> None:
    """Tell persons of a document, in the transaction of what was done to it."""
    tell_all(notice, [(document, person_ids)])


def tell_all(notice: Notice, concerned: Iterable[tuple[Document, Iterable[int]]]) -> None:
    """Tell persons of documents, of each its own ones."""
    actions.notify_all(_note(notice, document, person_ids) for document, person_ids in concerned)


def remind_of(notice: Notice, document: Document, person_ids: Iterable[int], due: date) -> None:
    """Tell persons by when something is, or was, to be done."""
    note = _note(notice, document, person_ids)
    actions.notify_all([replace(note, facts={**note.facts, "due": due.isoformat()})])


def _note(notice: Notice, document: Document, person_ids: Iterable[int]) -> actions.Note:
    subject = document.subject if document.label < Level.CONFIDENTIAL else ""
    name = " · ".join(filter(None, (document.number, subject[:_SHOWN]))) or f"№ {document.pk}"
    return actions.Note(
        person_ids=tuple(person_ids), kind=notice, facts={"document": name}, url=f"/documents/{document.pk}/",
        about=about(document), label=document.level,
    )  # fmt: skip


def about(document: Document) -> str:
    """Return by what all notifications of a document are found."""
    return f"documents.document:{document.pk}"


def _said(text: Promise) -> Callable[[Facts], str]:
    def say(facts: Facts) -> str:
        due = facts.get("due", "")
        day = date_format(date.fromisoformat(str(due)), "SHORT_DATE_FORMAT") if due else ""
        return str(text).format(document=facts["document"], due=day)

    return say
