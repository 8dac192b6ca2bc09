"""The form that relates a draft to other documents."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.office.core.actor import Actor
from lienthong.office.documents.actions.relating import KINDS
from lienthong.office.documents.forms import DocumentForm
from lienthong.office.documents.models import Document
from lienthong.office.documents.models.document import NUMBER_LENGTH
from lienthong.office.documents.selectors import choices


class RelateForm(DocumentForm):
    """Which documents, and how the draft stands to them."""

    kind = forms.ChoiceField(
        label=_("This document"), choices=[(kind.value, kind.label) for kind in KINDS], widget=forms.RadioSelect
    )
    documents = forms.TypedMultipleChoiceField(
        label=_("Documents that were found"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    number = forms.CharField(
        label=_("Number of one that is not here"), max_length=NUMBER_LENGTH, required=False,
        help_text=_("Such as that of a law. It is named as it is written."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, actor: Actor, document: Document, text: str = "", **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Offer what is found by a text."""
        self.found = choices.relatable(actor, document, text)
        super().__init__(data, actor=actor, document=document, **more)

    def present(self) -> dict[str, Any]:
        """Return the usual: what it rests on."""
        return {"kind": KINDS[-1].value}

    def offer(self) -> None:
        """Offer what was found; nothing to choose from where nothing was."""
        if not self.found:
            del self.fields["documents"]
            return
        pairs = [(one.pk, choices.called(one)) for one in self.found]
        self.fields["documents"].choices = pairs  # type: ignore[attr-defined]  # of this field

    def clean(self) -> dict[str, Any]:
        """Ask for one or the other."""
        facts = super().clean() or self.cleaned_data
        if not facts.get("documents") and not facts.get("number"):
            raise forms.ValidationError(_("Choose documents, or give the number of one that is not here."))
        return facts
