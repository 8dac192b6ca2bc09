"""Forms of what is done to units."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.core.templatetags.look import level_name
from lienthong.office.organs.actions.split import MOST
from lienthong.office.organs.forms.fields import ActorForm, DayField, UnitField, decision_field
from lienthong.office.organs.models import NAME_LENGTH, Kind, Unit
from lienthong.office.organs.profile import choices, tables
from lienthong.office.organs.selectors import Branch

_FROM = gettext_lazy("From this day on; past and future days are possible.")


class NewUnitForm(ActorForm):
    """A unit that is to be made."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Kind)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH)
    code = forms.RegexField(
        label=gettext_lazy("Code"), required=False, max_length=40, regex=r"^[0-9A-Za-z][0-9A-Za-z._-]*\Z",
        help_text=gettext_lazy("Letters without marks, digits, dots and hyphens. Empty: one is given."),
    )  # fmt: skip
    type = forms.ChoiceField(label=gettext_lazy("Type"), required=False)
    bloc = forms.ChoiceField(label=gettext_lazy("Bloc"), required=False)
    tier = forms.ChoiceField(label=gettext_lazy("Tier"), required=False)
    area_code = forms.RegexField(
        label=gettext_lazy("Area code"), required=False, max_length=10, regex=r"^[0-9A-Za-z]*\Z"
    )
    label = forms.TypedChoiceField(label=gettext_lazy("Label"), coerce=lambda text: Level(int(text)))
    valid_from = DayField(label=gettext_lazy("Since"), required=False)
    decision = decision_field()

    def __init__(self, *args: object, actor: Actor, parent: Unit | None, **options: Any) -> None:  # noqa: ANN401 - of Django's form
        """Offer what fits under the parent and what the actor is cleared for."""
        options["initial"] = {
            "kind": Kind.DEPARTMENT if parent else Kind.ORGAN,
            "label": str(int(max(parent.label if parent else Level.INTERNAL, Level.INTERNAL))),
            "valid_from": localdate(),
            **(options.get("initial") or {}),
        }
        super().__init__(*args, actor=actor, **options)
        known = tables()
        for name, table in (("type", known.types), ("bloc", known.blocs), ("tier", known.tiers)):
            self.fields[name].choices = choices(table)  # type: ignore[attr-defined]  # a field with choices
        self.fields["label"].choices = levels(actor)  # type: ignore[attr-defined]  # a field with choices
        if parent is None or parent.kind == Kind.DEPARTMENT:
            only = Kind.ORGAN if parent is None else Kind.DEPARTMENT
            self.fields["kind"].choices = [(only.value, only.label)]  # type: ignore[attr-defined]  # a field with choices


def levels(actor: Actor) -> list[tuple[str, str]]:
    """Return the labels that an actor can give."""
    highest = max(actor.clearance, Level.INTERNAL)
    return [(str(int(level)), level_name(level)) for level in Level if level <= highest]


class RenameForm(ActorForm):
    """Another name or type."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH)
    type = forms.ChoiceField(label=gettext_lazy("Type"), required=False)
    day = DayField(label=gettext_lazy("From"), help_text=_FROM)
    decision = decision_field()

    def __init__(self, *args: object, actor: Actor, **options: Any) -> None:  # noqa: ANN401 - of Django's form
        """Offer the profile's types."""
        super().__init__(*args, actor=actor, **options)
        self.fields["type"].choices = choices(tables().types)  # type: ignore[attr-defined]  # a field with choices


class MoveForm(ActorForm):
    """Another place in the tree."""

    parent = UnitField(label=gettext_lazy("Under which unit"), help_text=gettext_lazy("Its code; type to search."))
    day = DayField(label=gettext_lazy("From"), help_text=_FROM)
    decision = decision_field()


class CloseForm(ActorForm):
    """The end of a unit."""

    day = DayField(
        label=gettext_lazy("First day on which it no longer exists"),
        help_text=gettext_lazy("Past and future days are possible."),
    )
    decision = decision_field()


class LabelForm(ActorForm):
    """How secret a unit is."""

    label = forms.TypedChoiceField(label=gettext_lazy("Label"), coerce=lambda text: Level(int(text)))

    def __init__(self, *args: object, actor: Actor, **options: Any) -> None:  # noqa: ANN401 - of Django's form
        """Offer what the actor is cleared for."""
        super().__init__(*args, actor=actor, **options)
        self.fields["label"].choices = levels(actor)  # type: ignore[attr-defined]  # a field with choices


class MergeForm(ActorForm):
    """Which units become one."""

    sources = forms.MultipleChoiceField(label=gettext_lazy("Units that end by it"), widget=forms.CheckboxSelectMultiple)
    new_name = forms.CharField(
        label=gettext_lazy("Name of a new unit"), required=False, max_length=NAME_LENGTH,
        help_text=gettext_lazy("Leave empty if an existing one takes them up."),
    )  # fmt: skip
    target = UnitField(
        label=gettext_lazy("Existing unit that takes them up"), required=False,
        help_text=gettext_lazy("Its code; type to search."),
    )  # fmt: skip
    day = DayField(label=gettext_lazy("From"), help_text=_FROM)
    decision = decision_field()

    def __init__(self, *args: object, actor: Actor, beside: Sequence[Branch], **options: Any) -> None:  # noqa: ANN401 - of Django's form
        """Offer the units that stand beside each other."""
        super().__init__(*args, actor=actor, **options)
        self.fields["sources"].choices = [(str(each.id), each.name) for each in beside]  # type: ignore[attr-defined]  # a field with choices

    def clean(self) -> dict[str, Any]:
        """Refuse both, and neither."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(found.get("new_name")) == bool(found.get("target")) and not self.errors:
            raise ValidationError(_("Name either a new unit or an existing one."))
        return found


class SplitForm(ActorForm):
    """The parts of a unit."""

    names = forms.CharField(
        label=gettext_lazy("Names of the new units"), widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One in each line. The first takes up the positions."), max_length=MOST * NAME_LENGTH,
    )  # fmt: skip
    day = DayField(label=gettext_lazy("From"), help_text=_FROM)
    decision = decision_field()

    def __init__(self, *args: object, actor: Actor, below: Sequence[Branch], **options: Any) -> None:  # noqa: ANN401 - of Django's form
        """Ask for every unit below into which line it goes."""
        super().__init__(*args, actor=actor, **options)
        self.below = below
        for each in below:
            label = _("Line of the new unit for {unit}").format(unit=each.name)
            self.fields[f"line_{each.id}"] = forms.IntegerField(label=label, min_value=1, max_value=MOST, initial=1)

    def parts(self) -> list[str]:
        """Return the names that were given."""
        return [line for line in str(self.cleaned_data["names"]).splitlines() if line.strip()]

    def places(self) -> dict[int, int]:
        """Return, by id of a unit below, the place of its new one."""
        return {each.id: self.cleaned_data[f"line_{each.id}"] - 1 for each in self.below}
