"""What persons are told of work files. Of what is labelled no word but its code."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.office.core.notifications import actions
from lienthong.office.core.notifications.kinds import Facts, Kind, register
from lienthong.office.records.models import Disposal, WorkFile

_SHOWN: Final = 120


class Notice(StrEnum):
    """The kinds of notifications of this room."""

    SHARED = "records:workfile:shared"
    OFFERED = "records:workfile:offered"
    DECLINED = "records:workfile:declined"
    TAKEN_OVER = "records:workfile:taken-over"
    TO_SUBMIT = "records:workfile:to-submit"
    TO_ACCEPT = "records:workfile:to-accept"
    RETURNED = "records:workfile:returned"
    ACCEPTED = "records:workfile:accepted"
    TO_APPROVE = "records:disposal:to-approve"
    REFUSED = "records:disposal:refused"
    DISPOSED = "records:disposal:done"


_TEXTS: Final[dict[Notice, Promise]] = {
    Notice.SHARED: _("You work on the file: {file}"),
    Notice.OFFERED: _("To be taken over by you: {file}"),
    Notice.DECLINED: _("Was not taken over: {file}"),
    Notice.TAKEN_OVER: _("Was taken over from you: {file}"),
    Notice.TO_SUBMIT: _("Is due to be submitted to the archive: {file}"),
    Notice.TO_ACCEPT: _("Submitted to the archive: {file}"),
    Notice.RETURNED: _("Returned by the archive: {file}"),
    Notice.ACCEPTED: _("Accepted into the archive: {file}"),
    Notice.TO_APPROVE: _("A disposal waits for your approval: {file}"),
    Notice.REFUSED: _("A disposal was refused: {file}"),
    Notice.DISPOSED: _("A disposal was carried out: {file}"),
}


def connect() -> None:
    """Register the kinds."""
    for notice, text in _TEXTS.items():
        register(Kind(name=notice, text=_said(text)))


def tell(notice: Notice, file: WorkFile, person_ids: Iterable[int]) -> None:
    """Tell persons of a file, in the transaction of what was done to it."""
    actions.notify(
        person_ids=person_ids, kind=notice, facts={"file": str(file)[:_SHOWN]}, url=f"/records/{file.pk}/",
        about=about(file), label=file.level,
    )  # fmt: skip


def tell_disposal(notice: Notice, disposal: Disposal, person_ids: Iterable[int]) -> None:
    """Tell persons of a disposal, in the transaction of what was done to it."""
    actions.notify(
        person_ids=person_ids, kind=notice, facts={"file": str(disposal)}, url=f"/records/disposals/{disposal.pk}/",
        about=about(disposal), label=disposal.level,
    )  # fmt: skip


def about(thing: WorkFile | Disposal) -> str:
    """Return by what all notifications of a file, or of a disposal, are found."""
    return f"{thing._meta.label_lower}:{thing.pk}"  # noqa: SLF001 - Django's public name begins with an underscore


def _said(text: Promise) -> Callable[[Facts], str]:
    def say(facts: Facts) -> str:
        return str(text).format(file=facts["file"])

    return say
