"""Clearances, and labelled units named to somebody: the security officers' work."""

from datetime import date
from typing import Final

from django.db import transaction
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.actions.rules import lock
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Clearance, NeedToKnow, Person, State
from lienthong.office.accounts.selectors import clearances, persons
from lienthong.office.core import audit, scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json
from lienthong.office.core.errors import Forbidden, Invalid, NotFound
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy
from lienthong.office.organs.models import Unit

LONGEST_YEARS: Final = 5


@transaction.atomic
def grant_clearance(  # noqa: PLR0913 - each by its name
    *, actor: Actor, person_id: int, level: Level, valid_to: date, decision: str, opens_top_secret: bool = False
) -> Clearance:
    """Clear a person up to a level from today on; an earlier clearance ends.

    Args:
        actor: a security officer, cleared at least as high.
        person_id: who.
        level: confidential or higher: everybody is cleared for what is internal.
        valid_to: the first day on which it no longer holds; at most five years from now.
        decision: number and date of the decision.
        opens_top_secret: the account is marked to open top secret documents too; only with that level.

    Raises:
        NotFound: the actor sees no such person.
        Forbidden: it is not the actor's to grant, or would be for themselves.
        Invalid: level, period or decision will not do, or the account has ended.
    """
    person = _person(actor, person_id)
    if level > actor.clearance:
        raise Forbidden(level.slug)
    decision, today = tidy(decision), localdate()
    if level < Level.CONFIDENTIAL or not decision:
        raise Invalid(person.name, hint=_("Choose a level from confidential up, and name the decision."))
    if opens_top_secret and level < Level.TOP_SECRET:
        raise Invalid(person.name, hint=_("Only who is cleared for top secret opens top secret documents."))
    if not today < valid_to <= latest(today):
        raise Invalid(person.name, hint=_("A clearance ends in the future, at most five years from now."))
    if person.state == State.DISMISSED:
        raise Invalid(person.name, hint=_("This account has ended."))
    with scope.system():
        old = _end(person)
        made = Clearance.objects.create(
            person=person,
            level=level,
            valid_from=today,
            valid_to=valid_to,
            decision=decision,
            opens_top_secret=opens_top_secret,
            granted_by_id=actor.person_id,
        )
        new: dict[str, Json] = {"level": level.slug, "until": valid_to.isoformat(), "decision": decision}
        if opens_top_secret:
            new["opens_top_secret"] = True
        audit.record(actor=actor, kind=Kind.GRANT_CLEARANCE, obj=person, old=old, new=new, label=Level.INTERNAL)
    return made


@transaction.atomic
def revoke_clearance(*, actor: Actor, person_id: int, reason: str) -> None:
    """Take a person's clearance, and the units named to them with it, at once.

    Raises:
        NotFound, Forbidden: as for granting.
        Invalid: there is none, or no reason is given.
    """
    person = _person(actor, person_id)
    reason = tidy(reason)
    if not reason:
        raise Invalid(person.name, hint=_("Give the reason."))
    with scope.system():
        old = _end(person)
        if old is None:
            raise Invalid(person.name, hint=_("This person has no clearance."))
        NeedToKnow.objects.filter(person=person).delete()
        audit.record(
            actor=actor,
            kind=Kind.REVOKE_CLEARANCE,
            obj=person,
            old=old,
            new={"reason": reason},
            label=Level.INTERNAL,
        )


@transaction.atomic
def name_unit(*, actor: Actor, person_id: int, unit: Unit, valid_to: date, reason: str) -> NeedToKnow:
    """Let a cleared person of elsewhere know of a labelled unit; naming it again changes period and reason.

    Args:
        actor: a security officer over person and unit.
        person_id: who needs to know.
        unit: which, labelled confidential or higher.
        valid_to: the first day on which it no longer holds; at most five years from now.
        reason: why they need to know.

    Raises:
        NotFound, Forbidden: as for granting.
        Invalid: the unit is not labelled, or the person not cleared that high; period or reason will not do.
    """
    person = _person(actor, person_id)
    require(actor, Permission.CLEARANCE_GRANT, unit)
    reason, today = tidy(reason), localdate()
    if unit.label < Level.CONFIDENTIAL:
        raise Invalid(unit.name, hint=_("Everybody may know of this unit: it is not labelled."))
    if clearances.level_of(person.pk) < unit.label:
        raise Invalid(person.name, hint=_("This person is not cleared for the level of the unit: clear them first."))
    if not reason or not today < valid_to <= latest(today):
        raise Invalid(unit.name, hint=_("Give the reason, and a day in the future, at most five years from now."))
    with scope.system():
        made, _created = NeedToKnow.objects.update_or_create(
            person=person,
            unit=unit,
            defaults={"valid_to": valid_to, "reason": reason, "granted_by_id": actor.person_id},
        )
        new: dict[str, Json] = {"unit": unit.pk, "until": valid_to.isoformat(), "reason": reason}
        audit.record(actor=actor, kind=Kind.NAME_UNIT, obj=person, new=new, label=Level(unit.label))
    return made


@transaction.atomic
def withdraw_unit(*, actor: Actor, person_id: int, unit_id: int) -> None:
    """Let a person no longer know of a labelled unit.

    Raises:
        NotFound, Forbidden: as for granting; or it was not named to them.
    """
    person = _person(actor, person_id)
    with scope.system():
        named = NeedToKnow.objects.select_related("unit").filter(person=person, unit_id=unit_id).first()
        if named is None:
            raise NotFound(f"unit {unit_id}")
        require(actor, Permission.CLEARANCE_GRANT, named.unit)
        label = Level(named.unit.label)
        named.delete()
        audit.record(actor=actor, kind=Kind.WITHDRAW_UNIT, obj=person, old={"unit": unit_id}, label=label)


def latest(today: date) -> date:
    """Return the last day on which a clearance may end that is granted today."""
    return today.replace(year=today.year + LONGEST_YEARS, day=min(today.day, 28))


def _person(actor: Actor, person_id: int) -> Person:
    """Return a person, locked, whom the actor may clear."""
    person = persons.seen(actor, person_id)
    require(actor, Permission.CLEARANCE_GRANT, person)
    if person_id == actor.person_id:
        raise Forbidden("oneself")
    return lock(person_id)


def _end(person: Person) -> dict[str, str] | None:
    """Revoke the clearance that holds or would hold later; return what it was."""
    held = Clearance.objects.filter(person=person, revoked_at=None, valid_to__gt=localdate()).order_by("valid_from")
    facts = [{"level": Level(each.level).slug, "until": each.valid_to.isoformat()} for each in held]
    held.update(revoked_at=now())
    return facts[0] if facts else None
