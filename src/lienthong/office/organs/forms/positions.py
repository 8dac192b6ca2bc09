"""Forms of positions."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from lienthong.office.core.actor import Role
from lienthong.office.organs.actions.positions import Shape
from lienthong.office.organs.forms.fields import DayField
from lienthong.office.organs.models import NAME_LENGTH
from lienthong.office.organs.roles import ROLE_NAMES

_RANKS = 32_767


def _seen() -> forms.CharField:
    """Return the field for what the position was when it was looked at."""
    return forms.CharField(widget=forms.HiddenInput, required=False, max_length=2 * NAME_LENGTH)


class PositionForm(forms.Form):
    """What a position is."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=NAME_LENGTH)
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(role.value, name) for role, name in ROLE_NAMES.items()],
        help_text=gettext_lazy("Security officers and auditors are set from the organ above."),
    )  # fmt: skip
    rank = forms.IntegerField(
        label=gettext_lazy("Rank"), min_value=0, max_value=_RANKS, initial=100,
        help_text=gettext_lazy("Lower numbers come first."),
    )  # fmt: skip
    seen_shape = _seen()

    def shape(self) -> Shape:
        """Return what was given."""
        return shape_in(self.cleaned_data)


class PositionCloseForm(forms.Form):
    """The end of a position."""

    day = DayField(label=gettext_lazy("First day on which nobody holds it"))
    seen_shape = _seen()


def shape_in(facts: dict[str, Any]) -> Shape:
    """Return a position's shape from a form's values."""
    return Shape(title=facts["title"], roles=frozenset(map(Role, facts["roles"])), rank=facts["rank"])
