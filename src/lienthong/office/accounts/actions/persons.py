"""Accounts of persons: inviting, correcting, moving to another organ."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from lienthong.office.accounts import tasks
from lienthong.office.accounts.actions import access, appointments
from lienthong.office.accounts.actions.invitations import open_invitation
from lienthong.office.accounts.actions.rules import controlled
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Person, State
from lienthong.office.core import audit, scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import person_sort_key, search_key, tidy
from lienthong.office.organs.actions.holding import held_path
from lienthong.office.organs.models import Position, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What an administrator knows of a person."""

    name: str
    email: str
    phone: str = ""
    language: str = "vi"

    def tidied(self) -> "Details":
        """Return the same as it is stored."""
        return Details(
            name=tidy(self.name), email=self.email.strip().lower(), phone=tidy(self.phone), language=self.language
        )


@transaction.atomic
def invite_person(*, actor: Actor, details: Details, organ: Unit, position: Position | None = None) -> Person:
    """Make an account and send the link with which its person begins.

    Args:
        actor: an administrator of the organ, or above it.
        details: of the person.
        organ: whose administrators look after the account.
        position: into which they are appointed from today, if any.

    Raises:
        Forbidden: organ or position is beyond the actor.
        Invalid: the address belongs to somebody.
    """
    require(actor, Permission.PERSON_MANAGE, organ)
    person = new_person(details=details, organ=organ)
    with scope.system():
        invitation = open_invitation(person)
        audit.record(actor=actor, kind=Kind.INVITE, obj=person, new=_facts(person) | {"organ": organ.name})
    if position is not None:
        appointments.begin(actor=actor, person=person, position=position, is_main=True)
    tasks.send_invitation.defer(invitation_id=invitation.pk)
    return person


def new_person(*, details: Details, organ: Unit) -> Person:
    """Write an invited person. Part of other actions, which authorise and record it.

    Raises:
        Invalid: the address belongs to somebody.
    """
    tidied = details.tidied()
    person = Person(
        name=tidied.name,
        email=tidied.email,
        phone=tidied.phone,
        language=tidied.language,
        organ=organ,
        organ_path=held_path(organ),
        state=State.INVITED,
        sort_key=person_sort_key(tidied.name),
        search_key=search_key(tidied.name),
    )
    person.set_unusable_password()
    _save(person, fresh=True)
    return person


@transaction.atomic
def invite_again(*, actor: Actor, person_id: int, revision: int) -> Person:
    """Send somebody who has not begun, or was dismissed, a new link; earlier ones are over.

    Raises:
        NotFound, Forbidden, Conflict: as ``rules.controlled``.
        Invalid: they have begun.
    """
    person = controlled(actor=actor, person_id=person_id, revision=revision)
    if person.state not in {State.INVITED, State.DISMISSED}:
        raise Invalid(person.name, hint=_("This account is in use: its person can ask for a new password instead."))
    with scope.system():
        before = person.state
        person.state = State.INVITED
        _bump(person, "state")
        invitation = open_invitation(person)
        audit.record(
            actor=actor, kind=Kind.INVITE_AGAIN, obj=person, old={"state": before}, new={"state": person.state}
        )
    tasks.send_invitation.defer(invitation_id=invitation.pk)
    return person


@transaction.atomic
def edit_person(*, actor: Actor, person_id: int, revision: int, details: Details) -> Person:
    """Correct what is known of a person.

    Whoever reads the mails of an address can take over its account. So another address ends all sessions and tokens,
    takes the clearance, and is told to the old one.

    Raises:
        NotFound, Forbidden, Conflict: as ``rules.controlled``.
        Invalid: the address belongs to somebody.
    """
    person = controlled(actor=actor, person_id=person_id, revision=revision)
    with scope.system():
        before, tidied = _facts(person), details.tidied()
        old_address = person.email
        person.name, person.email, person.phone = tidied.name, tidied.email, tidied.phone
        person.sort_key, person.search_key = person_sort_key(tidied.name), search_key(tidied.name)
        after = _facts(person)
        changed = [name for name, value in after.items() if value != before[name]]
        if not changed:
            return person
        _bump(person, "name", "email", "phone", "sort_key", "search_key")
        audit.record(
            actor=actor,
            kind=Kind.EDIT,
            obj=person,
            old={name: before[name] for name in changed},
            new={name: after[name] for name in changed},
        )
        if person.email != old_address:
            access.distrust(actor=actor, person=person)
            tasks.tell_old_address(person=person, email=old_address)
    return person


@transaction.atomic
def move_person(*, actor: Actor, person_id: int, revision: int, organ: Unit) -> Person:
    """Let the administrators of another organ look after a person. Positions stay as they are.

    Args:
        actor: an administrator above both organs, or of the upper one.
        person_id: who.
        revision: as the actor last saw it.
        organ: where to.

    Raises:
        NotFound, Forbidden, Conflict: as ``rules.controlled``, and for the other organ alike.
        Invalid: they are there already.
    """
    require(actor, Permission.PERSON_MANAGE, organ)
    person = controlled(actor=actor, person_id=person_id, revision=revision)
    if person.organ_id == organ.pk:
        raise Invalid(organ.name, hint=_("Choose another organ than the present one."))
    with scope.system():
        before = person.organ.name
        person.organ, person.organ_path = organ, held_path(organ)
        _bump(person, "organ", "organ_path")
        # Entries of the past stay with the organ where it was done; this one belongs to the new.
        audit.record(actor=actor, kind=Kind.MOVE, obj=person, old={"organ": before}, new={"organ": organ.name})
    return person


def _facts(person: Person) -> dict[str, str]:
    return {"name": person.name, "email": person.email, "phone": person.phone}


def _bump(person: Person, *fields: str) -> None:
    person.revision += 1
    _save(person, *fields)


def _save(person: Person, *fields: str, fresh: bool = False) -> None:
    try:
        with transaction.atomic(), scope.system():
            if fresh:
                person.save(force_insert=True)
            else:
                person.save(update_fields=[*fields, "revision"])
    except IntegrityError as error:
        if "email" not in str(error):
            raise
        raise Invalid(
            person.email, hint=_("Another account has this address. Check it, or look for the person.")
        ) from None
