"""What may be done with one file: one table, one view, one panel of abilities."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.office.core.actor import Actor
from lienthong.office.records import forms
from lienthong.office.records.actions import covers, ending, holds, sharing
from lienthong.office.records.models import WorkFile
from lienthong.office.records.states import Deed

type Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How a deed is asked for."""

    form: type[Any]
    run: Callable[[Actor, WorkFile, Data], object]
    done: Promise
    # What is said above the form.
    intro: Promise | str = ""
    grave: bool = False


def _call(action: Callable[..., object], *names: str) -> Callable[[Actor, WorkFile, Data], object]:
    """Return the call of an action that takes fields of the form of the same names."""

    def run(actor: Actor, file: WorkFile, data: Data) -> object:
        return action(actor=actor, file=file, **{name: data[name] for name in names})

    return run


def _edit(actor: Actor, file: WorkFile, data: Data) -> None:
    cover = covers.Cover(**{name: data[name] for name in forms.CoverForm.base_fields})
    covers.change_cover(actor=actor, file=file, cover=cover, seen=data["revision"])


PAGES: Final[Mapping[Deed, Page]] = MappingProxyType(
    {
        Deed.EDIT: Page(form=forms.EditForm, run=_edit, done=_("It has been saved.")),
        Deed.SHARE: Page(
            form=forms.ShareForm, run=_call(sharing.share, "writers", "readers"), done=_("It has been saved."),
            intro=_("Whoever works on the file reads the documents in it, up to their clearance, but top secret ones."),
        ),
        Deed.HAND_OVER: Page(
            form=forms.HandOverForm, run=_call(sharing.hand_over, "to"), done=_("They have been asked to take it over.")
        ),
        Deed.TAKE_OVER: Page(
            form=forms.NoForm, run=_call(sharing.take_over), done=_("The file is yours now."),
            intro=_("From now on you make this file: you close it and submit it to the archive."),
        ),
        Deed.DECLINE: Page(form=forms.ReasonForm, run=_call(sharing.decline, "reason"), done=_("Its maker was told.")),
        Deed.CLOSE: Page(
            form=forms.CloseForm, run=_call(ending.close, "reason"), done=_("The file is closed."),
            intro=_("The term of retention begins today. Documents are no longer added or taken out."),
        ),
        Deed.REOPEN: Page(form=forms.ReasonForm, run=_call(ending.reopen, "reason"), done=_("The file is open again.")),
        Deed.SUBMIT: Page(form=forms.NoForm, run=_call(ending.submit), done=_("The archive's clerks were told.")),
        Deed.ACCEPT: Page(
            form=forms.NoForm, run=_call(ending.accept), done=_("The file is in the archive."),
            intro=_("From now on nobody changes this file."),
        ),
        Deed.RETURN: Page(form=forms.ReasonForm, run=_call(ending.send_back, "reason"), done=_("Its maker was told.")),
        Deed.HOLD: Page(
            form=forms.ReasonForm, run=_call(holds.set_hold, "reason"), done=_("The file is kept."),
            intro=_("As long as a hold is not lifted, the file cannot be disposed of."),
        ),
        Deed.LIFT: Page(
            form=forms.LiftForm, run=_call(holds.lift_hold, "hold", "reason"), done=_("The hold is lifted."), grave=True
        ),
    }
)  # fmt: skip
"""Deeds with a page of the usual shape; documents are added and taken out on pages of their own."""
