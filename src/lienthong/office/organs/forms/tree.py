"""What the tree is narrowed to."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.office.organs.forms.fields import DayField
from lienthong.office.organs.profile import choices, tables


class TreeForm(forms.Form):
    """Day, bloc and tier, in the address."""

    on = DayField(label=gettext_lazy("As of"), required=False)
    bloc = forms.ChoiceField(label=gettext_lazy("Bloc"), required=False)
    tier = forms.ChoiceField(label=gettext_lazy("Tier"), required=False)

    def __init__(self, *args: object, **options: object) -> None:
        """Offer what the profile has."""
        super().__init__(*args, **options)  # type: ignore[arg-type]  # options of Django's own
        for name, table in (("bloc", tables().blocs), ("tier", tables().tiers)):
            self.fields[name].choices = choices(table, _("All"))  # type: ignore[attr-defined]  # a field with choices
