"""Who may change whose account: what the actions of this room check before they do anything (docs/adr/0059)."""

from django.utils.translation import gettext as _

from lienthong.office.accounts.models import Person
from lienthong.office.accounts.selectors import persons, positions
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.policies import Permission, may, require
from lienthong.office.organs.models import Position
from lienthong.office.organs.policies import SEPARATED, above_guards


def controlled(*, actor: Actor, person_id: int, revision: int | None) -> Person:
    """Return a person, locked for a change of theirs by an administrator; needs a transaction.

    Args:
        actor: the administrator.
        person_id: whose account.
        revision: as the administrator last saw it; None where no older state was shown.

    Raises:
        NotFound: the actor sees no such person.
        Forbidden: it is the actor's own account, or it reaches beyond what the actor looks after.
        Conflict: somebody else changed it meanwhile.
    """
    person = persons.seen(actor, person_id)
    _require_others(actor, person)
    locked = lock(person_id, revision)
    _require_reach(actor, person)
    return locked


def may_control(actor: Actor, person: Person) -> bool:
    """Tell whether ``controlled`` would refuse the actor."""
    try:
        _require_others(actor, person)
        _require_reach(actor, person)
    except Forbidden:
        return False
    return True


def may_clear(actor: Actor, person: Person) -> bool:
    """Tell whether the actor may grant and revoke clearances of a person."""
    return person.pk != actor.person_id and may(actor, Permission.CLEARANCE_GRANT, person)


def _require_others(actor: Actor, person: Person) -> None:
    require(actor, Permission.PERSON_MANAGE, person)
    if person.pk == actor.person_id:
        raise Forbidden("oneself")


def _require_reach(actor: Actor, person: Person) -> None:
    for position in positions.reach_of(person.pk):
        # Whoever takes over an account takes over all its positions, also those elsewhere.
        require(actor, Permission.PERSON_MANAGE, position)
        require_above_guards(actor, position)


def lock(person_id: int, revision: int | None = None) -> Person:
    """Return a person whom nobody else changes until the transaction ends.

    Raises:
        Conflict: it is not the expected revision.
    """
    with scope.system():
        person = Person.objects.select_for_update().get(pk=person_id)
    if revision is not None and person.revision != revision:
        raise Conflict(person.name)
    return person


def require_filling(*, actor: Actor, person: Person, position: Position) -> None:
    """Refuse to put somebody into a position, as holder or substitute, by whoever may not.

    Raises:
        Forbidden: nobody appoints themselves; guards are appointed from above.
        Invalid: nobody both administers and guards.
    """
    require(actor, Permission.PERSON_MANAGE, position)
    if person.pk == actor.person_id:
        raise Forbidden("oneself")
    require_above_guards(actor, position)
    require_apart(person, position)


def may_fill(actor: Actor, position: Position) -> bool:
    """Tell whether the actor may put others into a position."""
    try:
        require(actor, Permission.PERSON_MANAGE, position)
        require_above_guards(actor, position)
    except Forbidden:
        return False
    return True


def require_above_guards(actor: Actor, position: Position) -> None:
    """Refuse to touch a guarding position from its own organ.

    Raises:
        Forbidden: ``above_guards`` says so.
    """
    if not above_guards(actor, map(Role, position.roles), position.organ_path):
        raise Forbidden(position.title)


def require_apart(person: Person, position: Position) -> None:
    """Refuse to let one person both administer and guard.

    Raises:
        Invalid: they would.
    """
    roles = {role for held in positions.reach_of(person.pk) for role in held.roles}
    wanted = set(position.roles)
    guards, administers = roles & SEPARATED | wanted & SEPARATED, Role.ADMINISTRATOR in roles | wanted
    if guards and administers and wanted & (SEPARATED | {Role.ADMINISTRATOR}):
        raise Invalid(
            position.title,
            hint=_("One person cannot both look after accounts and guard or audit: choose somebody else."),
        )
