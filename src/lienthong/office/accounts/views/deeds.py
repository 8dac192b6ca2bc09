"""What an administrator or security officer may do with one person: one table, one view, one panel of abilities."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.office.accounts import forms
from lienthong.office.accounts.actions import access, appointments, clearances, persons, states
from lienthong.office.accounts.actions.persons import Details
from lienthong.office.accounts.actions.rules import may_clear, may_control
from lienthong.office.accounts.models import Person, State
from lienthong.office.accounts.selectors import consequences
from lienthong.office.core.actor import Actor

type Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One of them."""

    # On the button and above the page.
    title: Promise
    form: type[forms.PersonForm]
    run: Callable[[Actor, Person, Data], object]
    done: Promise
    # In which states of the account it is offered.
    states: frozenset[State]
    may: Callable[[Actor, Person], bool] = may_control
    # What follows, said before it is done.
    follows: Callable[[Actor, Person], Sequence[Mapping[str, object]]] | None = None
    grave: bool = False
    # Whether to ask for the password again unless it was given a while ago.
    sensitive: bool = False


def _details(data: Data, language: str) -> Details:
    return Details(name=data["name"], email=data["email"], phone=data["phone"], language=language)


def _by_revision(action: Callable[..., object], *names: str) -> Callable[[Actor, Person, Data], object]:
    """Return the call of an action that takes person, revision and fields of the form of the same names."""

    def run(actor: Actor, person: Person, data: Data) -> object:
        more = {name: data[name] for name in names}
        return action(actor=actor, person_id=person.pk, revision=data["revision"], **more)

    return run


def _clear(actor: Actor, person: Person, facts: Data) -> object:
    return clearances.grant_clearance(
        actor=actor, person_id=person.pk, level=facts["level"], valid_to=facts["valid_to"], decision=facts["decision"],
        # Offered to those alone who are cleared that high.
        opens_top_secret=facts.get("opens_top_secret", False),
    )  # fmt: skip


def _by_person(action: Callable[..., object], *names: str) -> Callable[[Actor, Person, Data], object]:
    """Return the same of an action that takes no revision."""

    def run(actor: Actor, person: Person, data: Data) -> object:
        return action(actor=actor, person_id=person.pk, **{name: data[name] for name in names})

    return run


def _edit(actor: Actor, person: Person, data: Data) -> object:
    details = _details(data, person.language)
    return persons.edit_person(actor=actor, person_id=person.pk, revision=data["revision"], details=details)


def _hand_over(actor: Actor, person: Person, data: Data) -> object:
    return appointments.hand_over(
        actor=actor,
        person_id=person.pk,
        revision=data["revision"],
        appointment_ids=[each.pk for each in data["appointments"]],
        successor_id=data["successor"].pk,
        on=data["on"],
    )


_WORKING: Final = frozenset({State.ACTIVE, State.INVITED, State.SUSPENDED})
DEEDS: Final[Mapping[str, Deed]] = MappingProxyType(
    {
        "edit": Deed(
            title=_("Correct name and address"),
            form=forms.DetailsForm,
            run=_edit,
            done=_("It has been saved."),
            states=frozenset(State),
            sensitive=True,
        ),
        "move": Deed(
            title=_("Move to another organ"),
            form=forms.MoveForm,
            run=_by_revision(persons.move_person, "organ"),
            done=_("The administrators of the other organ look after this person now."),
            states=frozenset(State),
        ),
        "hand-over": Deed(
            title=_("Hand over positions"),
            form=forms.HandOverForm,
            run=_hand_over,
            done=_("The positions have been handed over."),
            states=_WORKING,
        ),
        "invite-again": Deed(
            title=_("Send a new invitation"),
            form=forms.NoForm,
            run=_by_revision(persons.invite_again),
            done=_("A new invitation has been sent; earlier ones are over."),
            states=frozenset({State.INVITED, State.DISMISSED}),
        ),
        "sign-out": Deed(
            title=_("Sign out everywhere"),
            form=forms.NoForm,
            run=_by_revision(access.sign_out_everywhere),
            done=_("All sessions and tokens have ended."),
            states=frozenset({State.ACTIVE}),
        ),
        "reset-second-factor": Deed(
            title=_("Reset the second step"),
            form=forms.NoForm,
            run=_by_revision(access.reset_second_factor),
            done=_("The second step has been reset."),
            states=frozenset({State.ACTIVE, State.SUSPENDED}),
            follows=consequences.of_reset,
            grave=True,
            sensitive=True,
        ),
        "suspend": Deed(
            title=_("Suspend"),
            form=forms.ReasonForm,
            run=_by_revision(states.suspend, "reason"),
            done=_("The account is suspended."),
            states=frozenset({State.ACTIVE}),
            follows=consequences.of_suspension,
            grave=True,
        ),
        "reactivate": Deed(
            title=_("Reactivate"),
            form=forms.ReasonForm,
            run=_by_revision(states.reactivate, "reason"),
            done=_("The account is active again."),
            states=frozenset({State.SUSPENDED}),
        ),
        "dismiss": Deed(
            title=_("Dismiss"),
            form=forms.ReasonForm,
            run=_by_revision(states.dismiss, "reason"),
            done=_("The account has ended."),
            states=_WORKING,
            follows=consequences.of_dismissal,
            grave=True,
            sensitive=True,
        ),
        "clear": Deed(
            title=_("Grant a clearance"),
            form=forms.ClearanceForm,
            run=_clear,
            done=_("The clearance has been granted."),
            states=_WORKING,
            may=may_clear,
            sensitive=True,
        ),
        "revoke-clearance": Deed(
            title=_("Revoke the clearance"),
            form=forms.ReasonForm,
            run=_by_person(clearances.revoke_clearance, "reason"),
            done=_("The clearance has been revoked."),
            states=_WORKING,
            may=may_clear,
            grave=True,
        ),
        "name-unit": Deed(
            title=_("Name a labelled unit"),
            form=forms.UnitForm,
            run=_by_person(clearances.name_unit, "unit", "valid_to", "reason"),
            done=_("The unit is known to this person now."),
            states=_WORKING,
            may=may_clear,
            sensitive=True,
        ),
    }
)


def offered(deed: Deed, actor: Actor, person: Person) -> bool:
    """Tell whether somebody may do that to a person as the account is now."""
    return person.state in deed.states and deed.may(actor, person)
