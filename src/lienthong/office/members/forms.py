"""Forms of this room."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.office.members import registry
from lienthong.office.members.models import Look, Record
from lienthong.office.members.models.work import VALUE_LENGTH, WORDS_LENGTH
from lienthong.office.members.selectors.offers import Level, Offer


class PurposeForm(forms.Form):
    """What a record is opened for."""

    purpose = forms.ChoiceField(
        label=_("What do you open the record for?"), choices=Look.Purpose.choices, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label=_("More about it"), max_length=WORDS_LENGTH, required=False,
        help_text=_("Such as the number of the request or of the task."),
    )  # fmt: skip


class OrganBoxes(forms.CheckboxSelectMultiple):
    """Organs as the rows of a table, each with a box, what fails there, and the way to those below it."""

    template_name = "members/organs.html"
    level: Level

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ANN401 - as Django has it
        """Give the template the rows: each with what the organ has to mend already, and whether its box is ticked."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        level, ticked = self.level, set(map(str, value or ()))

        def row(offer: Offer) -> dict[str, Any]:
            organ = offer.organ
            state = {"given": level.given.get(organ), "held": organ in level.held, "ticked": str(organ) in ticked}
            return {"offer": offer, **state}

        own = row(level.own) if level.own else None
        return context | {"level": level, "own": own, "below": [row(each) for each in level.below]}

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """Let the summary of errors lead to the table; each box is in its own label."""
        return f"{id_}_{index}" if index is not None else id_


class AssignForm(forms.Form):
    """Who mends what breaks a rule, by when."""

    # The name of boxes in lists: the script that selects all rows knows it.
    selected = forms.TypedMultipleChoiceField(label=_("Organs"), coerce=int, widget=OrganBoxes)
    due_on = forms.DateField(label=_("By when"), widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label=_("Note"), max_length=WORDS_LENGTH, required=False)

    def __init__(self, data: Any = None, *, level: Level) -> None:  # noqa: ANN401 - as Django has it
        """Offer the organs of one page."""
        super().__init__(data)
        field: Any = self.fields["selected"]
        field.choices = [(each.organ, each.name) for each in level.every]
        field.widget.level = level


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
