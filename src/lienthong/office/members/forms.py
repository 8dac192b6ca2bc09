"""Forms of this room."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.office.core.actor import Actor
from lienthong.office.members import registry
from lienthong.office.members.models import Look, Record
from lienthong.office.members.models.work import VALUE_LENGTH, WORDS_LENGTH
from lienthong.office.members.selectors import failing


class PurposeForm(forms.Form):
    """What a record is opened for."""

    purpose = forms.ChoiceField(
        label=_("What do you open the record for?"), choices=Look.Purpose.choices, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label=_("More about it"), max_length=WORDS_LENGTH, required=False,
        help_text=_("Such as the number of the request or of the task."),
    )  # fmt: skip


class AssignForm(forms.Form):
    """Who mends what breaks a rule, by when."""

    organs = forms.TypedMultipleChoiceField(label=_("Organs"), coerce=int, widget=forms.CheckboxSelectMultiple)
    due_on = forms.DateField(label=_("By when"), widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label=_("Note"), max_length=WORDS_LENGTH, required=False)

    def __init__(self, data: Any = None, *, actor: Actor, rule: str) -> None:  # noqa: ANN401 - as Django has it
        """Offer the organs in which the rule is broken."""
        super().__init__(data)
        pairs = [(unit.pk, f"{unit.name}: {number}") for unit, number in failing.failing_organs(actor, rule)]
        self.fields["organs"].choices = pairs  # type: ignore[attr-defined]  # a field to choose from


class SheetForm(forms.Form):
    """A spreadsheet with new values."""

    file = forms.FileField(
        label=_("Spreadsheet"),
        help_text=_("The list as it was exported, with the new values in its last column. XLSX or CSV."),
    )


class ChangeForm(forms.Form):
    """New values of a record, all of its columns; what stays the same changes nothing."""

    def __init__(self, data: Any = None, *, record: Record) -> None:  # noqa: ANN401 - as Django has it
        """Make a field for each column."""
        super().__init__(data)
        for name, column in registry.columns().items():
            self.fields[name] = forms.CharField(
                label=registry.said(column.title), max_length=VALUE_LENGTH, required=False,
                initial=record.values.get(name, record.unread.get(name, "")),
            )  # fmt: skip
