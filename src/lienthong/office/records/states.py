"""The life of a work file as data: who may do what in which state, and where it leads.

``DEEDS`` is the one table: the server, the links of the page and the addresses all read it. Disposal is decided on many
files at once (``models.disposal``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.office.documents.states import State as DocumentState


class State(models.TextChoices):
    """Where a work file stands."""

    OPEN = "open", _("being filled")
    CLOSED = "closed", _("closed")
    SUBMITTED = "submitted", _("submitted to the archive")
    ARCHIVED = "archived", _("in the archive")
    DISPOSED = "disposed", _("disposed of")


class Mode(models.TextChoices):
    """Who finds a work file, besides those who work on it, clerks, heads and whoever guards secrets."""

    RESTRICTED = "restricted", _("restricted: those who work on it")
    OPEN = "open", _("unrestricted: everybody in the organ")


class Part(StrEnum):
    """What somebody is to a work file."""

    MAKER = "maker"
    WRITER = "writer"
    # To whom it is to be handed over.
    OFFERED = "offered"
    # Of the organ, with the clearance: the archive's keeper, its head, the officer for secrets.
    CLERK = "clerk"
    LEADER = "leader"
    GUARD = "guard"
    READER = "reader"


class Deed(StrEnum):
    """Everything that is done to one work file; the value is also the end of its address."""

    EDIT = "edit"
    ADD = "add"
    REMOVE = "remove"
    SHARE = "share"
    HAND_OVER = "hand-over"
    TAKE_OVER = "take-over"
    DECLINE = "decline"
    CLOSE = "close"
    REOPEN = "reopen"
    SUBMIT = "submit"
    ACCEPT = "accept"
    RETURN = "return"
    HOLD = "hold"
    LIFT = "lift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One deed: in which states, by whom, and what the file is then."""

    title: Promise
    states: frozenset[State]
    parts: frozenset[Part]
    # None: it stays what it is.
    target: State | None = None


def _rule(title: Promise, states: set[State], parts: set[Part], target: State | None = None) -> Rule:
    return Rule(title=title, states=frozenset(states), parts=frozenset(parts), target=target)


_S, _P = State, Part
_AT_MAKER: Final = {_S.OPEN, _S.CLOSED}
_KEPT: Final = {_S.OPEN, _S.CLOSED, _S.SUBMITTED, _S.ARCHIVED}

DEEDS: Final[Mapping[Deed, Rule]] = MappingProxyType(
    {
        Deed.EDIT: _rule(_("Change what is on the cover"), _AT_MAKER, {_P.MAKER}),
        Deed.ADD: _rule(_("Add documents"), {_S.OPEN}, {_P.MAKER, _P.WRITER}),
        Deed.REMOVE: _rule(_("Take documents out"), {_S.OPEN}, {_P.MAKER, _P.WRITER}),
        Deed.SHARE: _rule(_("Let others work on it"), _AT_MAKER, {_P.MAKER}),
        Deed.HAND_OVER: _rule(_("Hand over"), _AT_MAKER, {_P.MAKER, _P.LEADER}),
        Deed.TAKE_OVER: _rule(_("Take over"), _AT_MAKER, {_P.OFFERED}),
        Deed.DECLINE: _rule(_("Decline to take over"), _AT_MAKER, {_P.OFFERED}),
        Deed.CLOSE: _rule(_("Close the file"), {_S.OPEN}, {_P.MAKER}, _S.CLOSED),
        Deed.REOPEN: _rule(_("Open again"), {_S.CLOSED}, {_P.MAKER}, _S.OPEN),
        Deed.SUBMIT: _rule(_("Submit to the archive"), {_S.CLOSED}, {_P.MAKER}, _S.SUBMITTED),
        Deed.ACCEPT: _rule(_("Accept into the archive"), {_S.SUBMITTED}, {_P.CLERK}, _S.ARCHIVED),
        Deed.RETURN: _rule(_("Return to its maker"), {_S.SUBMITTED}, {_P.CLERK}, _S.CLOSED),
        Deed.HOLD: _rule(_("Set a legal hold"), _KEPT, {_P.GUARD}),
        Deed.LIFT: _rule(_("Lift a legal hold"), _KEPT, {_P.GUARD}),
    }
)

FILED: Final = frozenset(
    {
        DocumentState.ISSUED, DocumentState.REGISTERED, DocumentState.ASSIGNED, DocumentState.PROCESSING,
        DocumentState.COMPLETED, DocumentState.REPLACED,
    }
)  # fmt: skip
"""Documents that may be put into a file: issued, or entered in a register. Their label does not change any more."""

UNFINISHED: Final = frozenset({DocumentState.REGISTERED, DocumentState.ASSIGNED, DocumentState.PROCESSING})
"""Documents of which something is still to be done."""
