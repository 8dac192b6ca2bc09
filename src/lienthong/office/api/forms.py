"""Forms of tokens."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from lienthong.office.api import tokens
from lienthong.office.api.tokens import SCOPE_NAMES, SYSTEM_SCOPES, Scope
from lienthong.office.core.actor import Actor

_USUAL_DAYS = 90


class PersonalTokenForm(forms.Form):
    """What one's own token is for."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What the token is for, such as the name of a script.")
    )
    scopes = forms.MultipleChoiceField(label=_("What it opens"), widget=forms.CheckboxSelectMultiple)
    expires_on = forms.DateField(
        label=_("Holds until"),
        help_text=_("At most a year from now."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    allowed: frozenset[Scope] = frozenset(Scope)

    def __init__(self, data: Any = None, *, actor: Actor) -> None:  # noqa: ANN401 - as Django has it
        """Offer what may be given."""
        self.actor = actor
        super().__init__(data, initial={"expires_on": localdate() + timedelta(days=_USUAL_DAYS)})
        field = self.fields["scopes"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [(scope.value, _(SCOPE_NAMES[scope])) for scope in Scope if scope in self.allowed]


class SystemTokenForm(PersonalTokenForm):
    """What an information system's token is for, and who answers for it."""

    official = forms.EmailField(
        label=_("Mail address of the official who answers for it"),
        help_text=_("The token ends with this official's main position."),
    )
    allowed = SYSTEM_SCOPES

    def clean_official(self) -> int:
        """Find the appointment of the official."""
        found = tokens.main_appointment(self.actor, self.cleaned_data["official"])
        if found is None:
            raise forms.ValidationError(_("There is no such official with a position in an organ you administer."))
        return found
