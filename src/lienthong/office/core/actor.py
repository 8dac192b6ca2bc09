"""Who does something: a person, the position they act in, and for whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from lienthong.kernel.labels import Level


class Role(StrEnum):
    """What a position brings with it, beyond seeing one's own organ."""

    # Looks after the units and persons of the organ and of all below it.
    ADMINISTRATOR = "administrator"
    # Grants and withdraws clearances in the organ and below.
    SECURITY = "security"
    # Reads the audit trail of the organ and below; changes nothing.
    AUDITOR = "auditor"
    # Heads the organ: sees the persons of all organs below.
    LEADER = "leader"
    # Registers and forwards documents.
    CLERK = "clerk"
    # Answers for what the registry says of the members of the organ and of all below it.
    STEWARD = "steward"


# Whoever has one of these sees the registers of documents of their organ.
DESK: Final = frozenset({Role.CLERK, Role.LEADER})
# Whoever has one of these sees the clearances of others.
GUARDS: Final = frozenset({Role.SECURITY, Role.AUDITOR})
# Whoever has one of these is shown members of the organ and of all below it.
_OF_MEMBERS: Final = frozenset({Role.STEWARD, Role.LEADER, Role.AUDITOR})
# Whoever has one of these sees the organs below too, not only their own.
_WIDE: Final = frozenset({Role.ADMINISTRATOR, Role.SECURITY, Role.AUDITOR, Role.LEADER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person as they act now. What they act as decides what they may; the clearance is always their own."""

    person_id: int
    name: str
    # The appointment acted in, own or substituted; 0 for somebody without any.
    appointment_id: int = 0
    position: str = ""
    unit_id: int = 0
    unit: str = ""
    organ_id: int = 0
    organ: str = ""
    # Ids from the top down, each followed by a slash: ``1/34/2001/``.
    organ_path: str = ""
    roles: frozenset[Role] = frozenset()
    clearance: Level = Level.PUBLIC
    # Ids of labelled units outside the organ that were named to this person.
    known: frozenset[int] = frozenset()
    # Ids of units that went into the unit, and of organs that went into the organ: what they left is theirs to keep.
    kept_units: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()
    # When substituting: the substitution and the name of the absent person.
    substitution_id: int = 0
    on_behalf_of: str = ""
    language: str = "vi"
    # Top secret things open: the account is marked for them, and a second factor was shown just now.
    opens_top_secret: bool = False
    # Operates this installation: Django's admin, the style guide, metrics.
    operator: bool = False
    # Where from, for the audit trail.
    address: str | None = field(default=None, compare=False)

    @property
    def lo(self) -> str:
        """The first path that is seen."""
        # A path that nothing has: somebody without a position sees no organ's rows.
        return self.organ_path or "~"

    @property
    def hi(self) -> str:
        """The path before which the seen ones end: "!" sorts before all digits, "~" after."""
        return self.lo + ("~" if self.roles & _WIDE else "!")

    @property
    def end(self) -> str:
        """The path before which everything below the organ ends."""
        return self.lo + "~"

    @property
    def placed(self) -> bool:
        """Tell whether there is a position to act in."""
        return bool(self.organ_path)

    @property
    def ceiling(self) -> Level:
        """Up to which level things open to this actor now."""
        return self.clearance if self.opens_top_secret else min(self.clearance, Level.SECRET)

    @property
    def system(self) -> bool:
        """Tell whether this is the installation itself."""
        return self is SYSTEM

    @property
    def audits(self) -> bool:
        """Tell whether the trail of others is open to this actor."""
        return Role.AUDITOR in self.roles

    @property
    def guards(self) -> bool:
        """Tell whether the clearances of others are open to this actor."""
        return not self.roles.isdisjoint(GUARDS)

    @property
    def at_desk(self) -> bool:
        """Tell whether the registers of the organ are open to this actor."""
        return not self.roles.isdisjoint(DESK)

    @property
    def keeps_members(self) -> bool:
        """Tell whether the registry of members is open to this actor, in the organ and below."""
        return self.placed and not self.roles.isdisjoint(_OF_MEMBERS)

    @property
    def holders(self) -> tuple[int, ...]:
        """As what one takes part in things: the appointment's id, and with a minus the unit's and those it keeps."""
        if not self.appointment_id:
            return ()
        return (self.appointment_id, -self.unit_id, *(-unit for unit in self.kept_units))

    @property
    def organs(self) -> tuple[int, ...]:
        """Ids of the organs whose documents and files are theirs to see: one's own first."""
        return (self.organ_id, *self.kept)

    def sees(self, organ_path: str) -> bool:
        """Tell whether an organ lies in what this actor sees; the same bounds as in the database."""
        return self.lo <= organ_path < self.hi

    def below(self, organ_path: str) -> bool:
        """Tell whether an organ is the actor's own or lies below it."""
        return bool(self.organ_path) and organ_path.startswith(self.organ_path)


NOBODY: Final = Actor(person_id=0, name="")
SYSTEM: Final = Actor(person_id=0, name="system", operator=True)
"""The installation itself: seeding, background work."""

ROLE_ORDER: Final[Mapping[Role, int]] = MappingProxyType({role: place for place, role in enumerate(Role)})
