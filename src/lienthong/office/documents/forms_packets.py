"""Forms about packets of organs without this office."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.office.documents.models.document import NAME_LENGTH
from lienthong.office.documents.packets import correspondents
from lienthong.office.documents.packets.formats import packets


class PacketForm(forms.Form):
    """A packet that is brought."""

    packet = forms.FileField(label=_("Packet"), max_length=NAME_LENGTH, help_text=_("A file as its sender made it."))

    def clean_packet(self) -> Any:  # noqa: ANN401 - whatever Django takes uploads for
        """Refuse what is too large before it is read."""
        sent = self.cleaned_data["packet"]
        if sent.size > packets().largest:
            raise forms.ValidationError(_("The packet is too large. Ask its sender to divide it."))
        return sent


class ExportForm(forms.Form):
    """Whom a packet is for."""

    organs = forms.TypedMultipleChoiceField(label=_("For whom"), coerce=int, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, organ_id: int, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Offer the organs with which packets are exchanged."""
        super().__init__(data, **more)
        self.partners = {each.pk: each for each in correspondents.listed(organ_id)}
        field = self.fields["organs"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 - declared so above
        field.choices = [(number, str(each)) for number, each in self.partners.items()]
