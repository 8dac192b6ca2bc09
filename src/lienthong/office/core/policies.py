"""Who may do what to what: one enum, one map, short enough to read in one sitting.

``may`` answers for one object, ``which`` with the predicate for a query of many; both come from the same rule, so a
list, its count, its facets, its export, the API and the button on the page never disagree. Objects are anything with
an ``organ_path``; those of ``Person`` itself also have an ``id``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from django.db.models import Q

from lienthong.office.core.actor import SYSTEM, Actor, Role
from lienthong.office.core.compiled import Gap, Reader
from lienthong.office.core.errors import Forbidden


class Permission(StrEnum):
    """Everything that is asked for somewhere."""

    UNIT_MANAGE = "unit.manage"
    PERSON_VIEW = "person.view"
    PERSON_MANAGE = "person.manage"
    CLEARANCE_VIEW = "clearance.view"
    CLEARANCE_GRANT = "clearance.grant"
    SUBSTITUTION_MANAGE = "substitution.manage"
    AUDIT_VIEW = "audit.view"
    TOKEN_MANAGE = "token.manage"  # noqa: S105 - the name of a right
    KEY_MANAGE = "key.manage"
    RECORD_WORK = "record.work"
    RECORD_ARCHIVE = "record.archive"
    MEMBER_VIEW = "member.view"
    MEMBER_SENSITIVE = "member.sensitive"
    MEMBER_MEND = "member.mend"
    MEMBER_ASSIGN = "member.assign"
    OPERATE = "operate"


class Reach(StrEnum):
    """How far a right goes."""

    # Own organ, and those below for whoever sees them (``Actor.sees``).
    SEEN = "seen"
    # The organ acted for and all below it.
    BELOW = "below"
    # Not bound to an organ.
    INSTALLATION = "installation"


class Protected(Protocol):
    """What a right is asked for."""

    @property
    def organ_path(self) -> str:
        """The path of the organ it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One right: who has it, and how far it goes."""

    # None: everybody with a position.
    roles: frozenset[Role] | None
    reach: Reach

    def holds(self, actor: Actor | Reader) -> bool:
        """Tell whether the actor has the right at all."""
        if self.reach is Reach.INSTALLATION:
            return actor.operator
        return actor.placed and (self.roles is None or bool(self.roles & actor.roles))

    def covers(self, actor: Actor, organ_path: str) -> bool:
        """Tell whether the right reaches an organ."""
        match self.reach:
            case Reach.SEEN:
                return actor.sees(organ_path)
            case Reach.BELOW:
                return actor.below(organ_path)
            case Reach.INSTALLATION:
                return True

    def where(self, actor: Actor | Reader, field: str) -> Q:
        """Return the same as a predicate on a column of paths."""
        match self.reach:
            case Reach.SEEN:
                return between(field, actor.lo, actor.hi)
            case Reach.BELOW:
                return between(field, actor.lo, actor.end)
            case Reach.INSTALLATION:
                return Q()


def between(field: str, lo: str | Gap, hi: str | Gap) -> Q:
    """Return the predicate of paths from ``lo`` up to before ``hi``."""
    return Q(**{f"{field}__gte": lo, f"{field}__lt": hi})


def _rule(reach: Reach, *roles: Role) -> Rule:
    return Rule(roles=frozenset(roles) or None, reach=reach)


RULES: Final[Mapping[Permission, Rule]] = MappingProxyType(
    {
        Permission.UNIT_MANAGE: _rule(Reach.BELOW, Role.ADMINISTRATOR),
        Permission.PERSON_VIEW: _rule(Reach.SEEN),
        Permission.PERSON_MANAGE: _rule(Reach.BELOW, Role.ADMINISTRATOR),
        Permission.CLEARANCE_VIEW: _rule(Reach.BELOW, Role.SECURITY, Role.AUDITOR),
        Permission.CLEARANCE_GRANT: _rule(Reach.BELOW, Role.SECURITY),
        Permission.SUBSTITUTION_MANAGE: _rule(Reach.BELOW, Role.ADMINISTRATOR),
        Permission.AUDIT_VIEW: _rule(Reach.BELOW, Role.AUDITOR),
        Permission.TOKEN_MANAGE: _rule(Reach.BELOW, Role.ADMINISTRATOR),
        Permission.KEY_MANAGE: _rule(Reach.BELOW, Role.SECURITY),
        # Which file it is asks its own rules (records.policies).
        Permission.RECORD_WORK: _rule(Reach.SEEN),
        Permission.RECORD_ARCHIVE: _rule(Reach.SEEN, Role.CLERK),
        Permission.MEMBER_VIEW: _rule(Reach.BELOW, Role.STEWARD, Role.LEADER, Role.AUDITOR),
        Permission.MEMBER_SENSITIVE: _rule(Reach.BELOW, Role.STEWARD),
        Permission.MEMBER_MEND: _rule(Reach.BELOW, Role.STEWARD),
        Permission.MEMBER_ASSIGN: _rule(Reach.BELOW, Role.STEWARD, Role.LEADER),
        Permission.OPERATE: _rule(Reach.INSTALLATION),
    }
)


def may(actor: Actor, permission: Permission, obj: Protected | None = None) -> bool:
    """Tell whether the actor may do that to the object, or, without one, to anything at all."""
    if actor is SYSTEM:
        return True
    rule = RULES[permission]
    return rule.holds(actor) and (obj is None or rule.covers(actor, obj.organ_path))


def which(actor: Actor | Reader, permission: Permission, field: str = "organ_path") -> Q:
    """Return the predicate of what the actor may do that to.

    Args:
        actor: who asks, or the reader of a query that is kept.
        permission: for what.
        field: the column with the organ's path, through relations if need be.
    """
    if actor.system:
        return Q()
    rule = RULES[permission]
    return rule.where(actor, field) if rule.holds(actor) else Q(pk__in=[])


def require(actor: Actor, permission: Permission, obj: Protected | None = None) -> None:
    """Refuse what the actor may not do.

    Raises:
        Forbidden: it is not theirs to do.
    """
    if not may(actor, permission, obj):
        raise Forbidden(permission.value)
