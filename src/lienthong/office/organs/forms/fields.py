"""Fields of several forms: a unit by its code, a day, a decision."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lienthong.office.core.actor import Actor
from lienthong.office.organs import selectors
from lienthong.office.organs.models import NAME_LENGTH, Unit


class DayField(forms.DateField):
    """A day, written and read as browsers do."""

    def __init__(self, **options: object) -> None:
        """Use the browser's own calendar."""
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(**{"widget": widget, "input_formats": ["%Y-%m-%d"], **options})  # type: ignore[arg-type]  # options of Django's own


class UnitField(forms.CharField):
    """A unit that the actor sees, by its code; the browser offers those that fit what is typed."""

    def __init__(self, **options: object) -> None:
        """Offer units while somebody types."""
        super().__init__(**{"max_length": 40, **options})  # type: ignore[arg-type]  # options of Django's own
        self.widget.attrs |= {
            "list": "unit-options",
            "autocomplete": "off",
            "data-hx-get": "/units/pick/",
            "data-hx-trigger": "input changed delay:200ms",
            "data-hx-target": "#unit-options",
            "data-hx-swap": "innerHTML",
        }
        self.actor: Actor | None = None

    def clean(self, value: object) -> Unit | None:
        """Return the unit of a code; None for an empty optional field."""
        code = super().clean(value)
        if not code:
            return None
        assert self.actor is not None  # noqa: S101 - the form sets it
        found = selectors.units(self.actor).select_related("organ", "parent").filter(code=code).first()
        if found is None:
            raise ValidationError(_("You see no unit with this code."), code="unknown")
        return found


def decision_field() -> forms.CharField:
    """Return the field for the decision behind a change."""
    text = _("Number of the decision or document.")
    return forms.CharField(label=_("Decision"), help_text=text, max_length=NAME_LENGTH, required=False)


class ActorForm(forms.Form):
    """A form whose fields look for units as somebody sees them."""

    def __init__(self, *args: object, actor: Actor, **options: object) -> None:
        """Tell the fields who asks."""
        super().__init__(*args, **options)  # type: ignore[arg-type]  # options of Django's own
        self.actor = actor
        for field in self.fields.values():
            if isinstance(field, UnitField):
                field.actor = actor
