"""The life of a document as data: who may do what in which state, and where it leads.

``DEEDS`` is the one table: the server, the buttons of the page, the API and the diagram in the docs all read it.
Codes are those of edXML's status packets (QCVN 102:2016).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Direction(models.TextChoices):
    """Whose it is."""

    OUTGOING = "outgoing", _("outgoing")
    INCOMING = "incoming", _("incoming")


class State(models.TextChoices):
    """Where a document stands."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("being approved")
    APPROVED = "approved", _("to be signed")
    SIGNED = "signed", _("to be numbered")
    ISSUED = "issued", _("issued")
    DISCARDED = "discarded", _("discarded")
    ARRIVED = "arrived", _("arrived")
    REFUSED = "refused", _("refused")
    REGISTERED = "registered", _("registered")
    ASSIGNED = "assigned", _("assigned")
    PROCESSING = "processing", _("in process")
    COMPLETED = "completed", _("completed")
    RECALLED = "recalled", _("recalled")
    REPLACED = "replaced", _("replaced")


class Part(StrEnum):
    """What somebody is to a document."""

    AUTHOR = "author"
    WRITER = "writer"
    # Whose approval is asked for now.
    TURN = "turn"
    # Whose signature is.
    SIGNER = "signer"
    # Of the organ, with the clearance.
    CLERK = "clerk"
    LEADER = "leader"
    # Whose unit, or who, is to carry it out, or to help.
    LEAD = "lead"
    SUPPORT = "support"
    READER = "reader"


class Deed(StrEnum):
    """Everything that is done to a document; the value is also the end of its address."""

    EDIT = "edit"
    SHARE = "share"
    COMMENT = "comment"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    SIGN = "sign"
    ISSUE = "issue"
    DISCARD = "discard"
    DISPATCH = "dispatch"
    RECALL = "recall"
    REPLACE = "replace"
    ACCEPT = "accept"
    REFUSE = "refuse"
    ASSIGN = "assign"
    START = "start"
    COMPLETE = "complete"
    AGREE_RECALL = "agree-recall"
    REFUSE_RECALL = "refuse-recall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One deed: in which states, by whom, and what the document is then."""

    title: Promise
    states: frozenset[State]
    parts: frozenset[Part]
    # None: it stays what it is.
    target: State | None = None
    # What the sender is told.
    code: str = ""


def _rule(title: Promise, states: set[State], parts: set[Part], target: State | None = None, code: str = "") -> Rule:
    return Rule(title=title, states=frozenset(states), parts=frozenset(parts), target=target, code=code)


_S, _P = State, Part
_AT_WORK: Final = {_S.REGISTERED, _S.ASSIGNED, _S.PROCESSING}
_RECEIVED: Final = {_S.ARRIVED, *_AT_WORK, _S.COMPLETED}

DEEDS: Final[Mapping[Deed, Rule]] = MappingProxyType(
    {
        Deed.EDIT: _rule(_("Edit the draft"), {_S.DRAFT}, {_P.AUTHOR, _P.WRITER}),
        Deed.SHARE: _rule(_("Let others write"), {_S.DRAFT}, {_P.AUTHOR}),
        Deed.COMMENT: _rule(_("Comment"), set(_S), set(_P)),
        Deed.SUBMIT: _rule(_("Submit for approval"), {_S.DRAFT}, {_P.AUTHOR}, _S.SUBMITTED),
        Deed.APPROVE: _rule(_("Approve"), {_S.SUBMITTED}, {_P.TURN}, _S.APPROVED),
        Deed.RETURN: _rule(_("Return"), {_S.SUBMITTED, _S.APPROVED}, {_P.TURN, _P.SIGNER}, _S.DRAFT),
        Deed.SIGN: _rule(_("Sign"), {_S.APPROVED}, {_P.SIGNER}, _S.SIGNED),
        Deed.ISSUE: _rule(_("Number and issue"), {_S.SIGNED}, {_P.CLERK}, _S.ISSUED),
        Deed.DISCARD: _rule(_("Discard the draft"), {_S.DRAFT}, {_P.AUTHOR}, _S.DISCARDED),
        Deed.DISPATCH: _rule(_("Send"), {_S.ISSUED}, {_P.CLERK}),
        Deed.RECALL: _rule(_("Ask for it back"), {_S.ISSUED}, {_P.CLERK, _P.LEADER}, _S.RECALLED, "13"),
        Deed.REPLACE: _rule(_("Replace by another document"), {_S.ISSUED}, {_P.CLERK}, _S.REPLACED),
        Deed.ACCEPT: _rule(_("Accept and register"), {_S.ARRIVED}, {_P.CLERK}, _S.REGISTERED, "03"),
        Deed.REFUSE: _rule(_("Refuse"), {_S.ARRIVED}, {_P.CLERK}, _S.REFUSED, "02"),
        Deed.ASSIGN: _rule(_("Assign"), _AT_WORK, {_P.LEADER}, _S.ASSIGNED, "04"),
        Deed.START: _rule(_("Begin work"), {_S.ASSIGNED}, {_P.LEAD}, _S.PROCESSING, "05"),
        Deed.COMPLETE: _rule(_("Complete"), _AT_WORK, {_P.LEAD, _P.LEADER}, _S.COMPLETED, "06"),
        Deed.AGREE_RECALL: _rule(_("Give it back"), _RECEIVED, {_P.CLERK}, _S.RECALLED, "15"),
        Deed.REFUSE_RECALL: _rule(_("Keep it"), _RECEIVED, {_P.CLERK}, None, "16"),
    }
)

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {"01": State.ARRIVED.value} | {rule.code: deed.value for deed, rule in DEEDS.items() if rule.code}
)
"""What each status code tells: the arrival, or the deed it followed from."""


def progress_of(code: str) -> str:
    """Return where a document stands at whoever told a code; empty where nothing was told."""
    told = CODES.get(code)
    if told is None:
        return ""
    target = DEEDS[Deed(told)].target if told in set(Deed) else State(told)
    return str(target.label if target is not None else DEEDS[Deed(told)].title)
