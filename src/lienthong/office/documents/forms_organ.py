"""Forms about how an organ works on documents."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.documents import profile
from lienthong.office.documents.actions.chains import Hand
from lienthong.office.documents.models import StepKind
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.selectors import organ as of_organ

STEPS: Final = 8
_NAME: Final = 200


def _types(blank: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - a text or a lazy one
    return [("", blank), *((slug, profile.type_name(slug)) for slug in profile.types())]


class ChainForm(forms.Form):
    """Through whose hands drafts go: up to eight, the last of whom signs."""

    name = forms.CharField(label=_("Name"), max_length=_NAME)
    type = forms.ChoiceField(
        label=_("Type of document"), required=False, help_text=_("Only for this type, or for all.")
    )

    def __init__(self, data: Any = None, *, actor: Actor, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Offer the open positions of the actor's organ at each step."""
        super().__init__(data, **more)
        self.fields["type"].choices = _types(_("all types"))  # type: ignore[attr-defined]  # of this field
        offered = [("", "—"), *of_organ.positions(actor)]
        for place in range(1, STEPS + 1):
            position = _("Step {number}: position") if place > 1 else _("First step: position")
            self.fields[f"position_{place}"] = forms.ChoiceField(
                label=position.format(number=place), choices=offered, required=place == 1
            )
            self.fields[f"kind_{place}"] = forms.ChoiceField(
                label=_("Step {number}: what is asked for").format(number=place), choices=StepKind.choices,
                required=False, initial=StepKind.APPROVE,
            )  # fmt: skip

    def hands(self) -> Sequence[Hand]:
        """Return the steps that were filled in, in order; the last one signs, whatever was chosen for it."""
        facts = self.cleaned_data
        chosen = [
            (int(facts[f"position_{place}"]), facts[f"kind_{place}"] or StepKind.APPROVE)
            for place in range(1, STEPS + 1)
            if facts[f"position_{place}"]
        ]
        last = len(chosen) - 1
        return [
            Hand(position, StepKind.SIGN if place == last else StepKind(kind))
            for place, (position, kind) in enumerate(chosen)
        ]


class LetterheadForm(forms.Form):
    """What the organ's documents bear."""

    notation = forms.CharField(
        label=_("Notation"), max_length=40, required=False, help_text=_("What stands after the slash, such as TU.")
    )
    place = forms.CharField(label=_("Place"), max_length=_NAME, required=False)
    agency_code = forms.CharField(
        label=_("Agency code"), max_length=40, required=False,
        help_text=_("Under which organs without this office know this one, such as H37.DN.001; its own code if empty."),
    )  # fmt: skip


class CorrespondentForm(forms.Form):
    """An organ without this office."""

    code = forms.CharField(label=_("Agency code"), max_length=40, help_text=_("Such as H37.DN.001."))
    name = forms.CharField(label=_("Name"), max_length=_NAME)


class PeriodForm(forms.Form):
    """The first day of a term of office."""

    starts_on = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), initial=localdate
    )
    name = forms.CharField(label=_("Name"), max_length=_NAME, required=False)


class ReserveForm(forms.Form):
    """A number that is kept."""

    type = forms.ChoiceField(label=_("Type of document"))
    secret = forms.BooleanField(label=_("In the register of secret documents"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any = None, *, actor: Actor, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Offer the types; the secret register only to whom it is open."""
        super().__init__(data, **more)
        self.fields["type"].choices = _types("—")  # type: ignore[attr-defined]  # of this field
        if actor.clearance < Level.CONFIDENTIAL:
            del self.fields["secret"]
