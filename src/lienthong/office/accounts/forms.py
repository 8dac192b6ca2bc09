"""Forms about persons. Each has the fields named here and no others, whatever is sent."""

from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment, Person
from lienthong.office.accounts.selectors import clearances, persons, positions
from lienthong.office.core.actor import Actor
from lienthong.office.core.templatetags.look import level_name
from lienthong.office.organs.models import NAME_LENGTH, Position, Unit

_LONG: Final = 200


def _day(label: Any, help_text: Any = "", *, required: bool = True) -> forms.DateField:  # noqa: ANN401 - a text or a lazy one
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, required=required, widget=widget)


class PersonForm(forms.Form):
    """What is common: who fills it in, whom it is about, and as which state of the account it was shown."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data: Any = None, *, actor: Actor, person: Person, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Fill in the state."""
        self.actor, self.person = actor, person
        initial = {"revision": person.revision} | self.present() | more.pop("initial", {})
        super().__init__(data, initial=initial, **more)

    def present(self) -> dict[str, Any]:
        """Return what stands in the fields at first."""
        return {}


class ReasonForm(PersonForm):
    """A deed and why."""

    reason = forms.CharField(
        label=_("Reason"), help_text=_("Number and date of the decision, or a few words."), max_length=_LONG
    )


class NoForm(PersonForm):
    """A deed that needs no more words."""


class DetailsForm(PersonForm):
    """What an administrator knows of a person."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    email = forms.EmailField(
        label=_("Official mail address"),
        help_text=_("Another address ends all sessions and the clearance: whoever reads it can open the account."),
    )
    phone = forms.CharField(label=_("Telephone"), max_length=30, required=False)

    def present(self) -> dict[str, Any]:
        """Return what is known."""
        return {"name": self.person.name, "email": self.person.email, "phone": self.person.phone}


def _offer(field: Any, actor: Actor, organ: Unit) -> None:  # noqa: ANN401 - a field of models, which Django types loosely
    """Let a field offer the positions of an organ into which somebody may appoint."""
    field.queryset = positions.fillable_by(actor, organ.pk)
    field.label_from_instance = lambda position: f"{position.title} · {position.unit.name}"


class InviteForm(forms.Form):
    """A new account in an organ."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    email = forms.EmailField(label=_("Official mail address"), help_text=_("The invitation goes there."))
    phone = forms.CharField(label=_("Telephone"), max_length=30, required=False)
    language = forms.ChoiceField(label=_("Language of mails"), choices=settings.LANGUAGES, initial="vi")
    position = forms.ModelChoiceField(Position.objects.none(), label=_("Position from today on"), required=False)

    def __init__(self, data: Any = None, *, actor: Actor, organ: Unit) -> None:  # noqa: ANN401 - as Django has it
        """Offer the positions of the organ."""
        super().__init__(data)
        _offer(self.fields["position"], actor, organ)


class MoveForm(PersonForm):
    """Another organ."""

    # There are too many for a list to choose from.
    organ = forms.CharField(
        label=_("Organ"), help_text=_("Its code, or its name as far as it is unique."), max_length=_LONG
    )

    def clean_organ(self) -> Unit:
        """Return the organ."""
        return organ_named(self.actor, self.cleaned_data["organ"])


def organ_named(actor: Actor, text: str) -> Unit:
    """Return the one organ, of those that somebody looks after, that a text names.

    Raises:
        forms.ValidationError: it names none, or several.
    """
    found = persons.organs_named(actor, text)
    if len(found) == 1:
        return found[0]
    if not found:
        raise forms.ValidationError(_("You look after no organ of that code or name."))
    several = ", ".join(f"{organ.name} ({organ.code})" for organ in found)
    raise forms.ValidationError(_("Several organs fit; give the code: %(several)s"), params={"several": several})


class AppointForm(PersonForm):
    """A position, from when until when."""

    position = forms.ModelChoiceField(Position.objects.none(), label=_("Position"))
    valid_from = _day(_("From"))
    valid_to = _day(_("Until"), _("The first day on which it no longer holds; empty: open."), required=False)
    is_main = forms.BooleanField(label=_("Main position: the one acted in after signing in"), required=False)

    def __init__(self, data: Any = None, *, organ: Unit, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Offer the positions of the organ."""
        super().__init__(data, **more)
        _offer(self.fields["position"], self.actor, organ)

    def present(self) -> dict[str, Any]:
        """Begin today."""
        return {"valid_from": localdate()}


class EndForm(PersonForm):
    """A last day."""

    last = _day(_("Until"), _("The first day on which it no longer holds: today or later."))

    def present(self) -> dict[str, Any]:
        """End today."""
        return {"last": localdate()}


class HandOverForm(PersonForm):
    """Positions, who takes them over, and when."""

    appointments = forms.ModelMultipleChoiceField(
        Appointment.objects.none(), label=_("Positions"), widget=forms.CheckboxSelectMultiple
    )
    successor = forms.EmailField(label=_("Mail address of whoever takes over"))
    on = _day(_("On"), _("From this day on the new holder has them, and the present one no longer."))

    def __init__(self, data: Any = None, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Offer what the person holds."""
        super().__init__(data, **more)
        held = positions.appointments_of(self.person.pk).filter(positions.open_on(localdate()))
        field = self.fields["appointments"]
        field.queryset = held  # type: ignore[attr-defined]  # of this kind of field
        field.label_from_instance = _appointment_name  # type: ignore[attr-defined]  # the same

    def present(self) -> dict[str, Any]:
        """Hand over today."""
        return {"on": localdate()}

    def clean_successor(self) -> Person:
        """Return the person of the address, whom the actor may see."""
        person = persons.seen_by(self.actor).filter(email=self.cleaned_data["successor"].lower()).first()
        if person is None:
            raise forms.ValidationError(_("You see no person of this address. Invite them first."))
        return person


def _appointment_name(appointment: Appointment) -> str:
    return f"{appointment.position.title} · {appointment.position.unit.name}"


class SubstituteForm(PersonForm):
    """Who acts in a position, from when until when."""

    substitute = forms.ModelChoiceField(Person.objects.none(), label=_("Substitute"))
    valid_from = _day(_("From"))
    valid_to = _day(_("Until"), _("The first day on which it no longer holds; at most a year later."))
    reason = forms.CharField(label=_("Reason"), max_length=_LONG, required=False)

    def __init__(self, data: Any = None, *, appointment: Appointment, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Offer the colleagues of the position's organ."""
        super().__init__(data, **more)
        colleagues = persons.colleagues_of(self.actor, appointment.position.organ_path)
        self.fields["substitute"].queryset = colleagues.exclude(pk__in=[appointment.person_id, self.actor.person_id])  # type: ignore[attr-defined]  # of this kind of field

    def present(self) -> dict[str, Any]:
        """Begin today."""
        return {"valid_from": localdate()}


class ClearanceForm(PersonForm):
    """A level, until when, and by which decision."""

    level = forms.TypedChoiceField(label=_("Level"), coerce=lambda value: Level(int(value)))
    valid_to = _day(_("Until"), _("The first day on which it no longer holds; at most five years from now."))
    decision = forms.CharField(label=_("Decision"), help_text=_("Its number and date."), max_length=_LONG)

    opens_top_secret = forms.BooleanField(
        label=_("Opens top secret documents"), required=False,
        help_text=_("Only with the highest level; each time after a second factor."),
    )  # fmt: skip

    def __init__(self, data: Any = None, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Offer what the actor may grant."""
        super().__init__(data, **more)
        offered = [level for level in Level if Level.CONFIDENTIAL <= level <= self.actor.clearance]
        self.fields["level"].choices = [(int(level), level_name(level)) for level in offered]  # type: ignore[attr-defined]  # of this kind of field
        if self.actor.clearance < Level.TOP_SECRET:
            del self.fields["opens_top_secret"]


class UnitForm(PersonForm):
    """A labelled unit, until when, and why."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"))
    valid_to = _day(_("Until"), _("The first day on which it no longer holds; at most five years from now."))
    reason = forms.CharField(label=_("Reason"), max_length=_LONG)

    def __init__(self, data: Any = None, **more: Any) -> None:  # noqa: ANN401 - as Django has it
        """Offer the units that the actor may name."""
        super().__init__(data, **more)
        self.fields["unit"].queryset = clearances.nameable_by(self.actor)  # type: ignore[attr-defined]  # of this kind of field
