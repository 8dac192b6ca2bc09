"""What every profile states: names in three languages, and the tables made of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lienthong.kernel.errors import BadInput
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label, Level
from lienthong.profiles.packets import PacketFormat


class ProfileUnknown(BadInput):
    """There is no such profile."""

    code = "profile_unknown"
    hint = "Name one of the profiles that come with this version, such as vn."


class Language(StrEnum):
    """The languages every table is kept in."""

    VI = "vi"
    EN = "en"
    DE = "de"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """One thing's name in every language of the platform, in NFC."""

    vi: str
    en: str
    de: str

    def of(self, language: Language) -> str:
        """Return the name in that language."""
        match language:
            case Language.VI:
                return self.vi
            case Language.EN:
                return self.en
            case Language.DE:
                return self.de


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTerm:
    """What the law of a country calls a level, and what follows from it."""

    level: Level
    names: Names
    # A state secret in the sense of the law, with registers and a term of protection of its own.
    state_secret: bool
    # Years of protection unless the decision says otherwise; None where the law sets no term.
    protection_years: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgency:
    """How fast a document has to move."""

    # Stable, in text and in data: a-z and hyphens.
    slug: str
    names: Names
    # 0 is ordinary; a higher number goes first.
    order: int
    # The value of edXML's ``OtherInfo/Priority``.
    edxml_code: int
    # The document carries the time at which it has to be handed over.
    timed: bool = False


class DocumentKind(StrEnum):
    """The two families of paper an organ issues."""

    DOCUMENT = "document"
    PAPER = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """A type of document, with the symbol its number carries."""

    # Stable, in text and in data: a-z and hyphens.
    slug: str
    names: Names
    kind: DocumentKind
    # The letters between number and issuer (``384-QĐ/TW``). Several types may share one; None where
    # the type is not numbered or its symbol is not known to us.
    symbol: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganSpec:
    """An organ as a profile proposes it: what a directory is first filled with."""

    id: OrganId
    # On the carrier: a-z, 0-9 and hyphens, at most 32.
    token: str
    # In the country's own language, NFC; ``plain`` is the same in ASCII.
    name: str
    plain: str
    # The unit of directory files and mailbox streams: a-z, 0-9 and hyphens, at most 32.
    branch: str
    # The organ it answers to; None at the top.
    parent: OrganId | None
    # The administrative unit it stands for; the country's code at the top.
    unit_code: str
    # The highest label it may handle until its directory says otherwise.
    ceiling: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSpec:
    """A post that a profile proposes for a unit."""

    # In the country's own language, NFC.
    title: str
    # What it brings with it in the office: names of roles (``office.core.actor.Role``).
    roles: tuple[str, ...] = ()
    # Lower numbers come first.
    rank: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentSpec:
    """A department that a profile proposes for an organ."""

    # a-z and 0-9; with the organ's code it makes the department's.
    slug: str
    name: str
    positions: tuple[PositionSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSpec:
    """An organ as the office is first filled with it."""

    code: str
    # The code of the organ above; None at a top.
    parent: str | None
    name: str
    # Slugs with names in the profile.
    type: str
    bloc: str
    tier: str
    # The administrative unit it stands for; empty if none.
    area_code: str
    # First day; None: before the register begins.
    valid_from: date | None
    # Posts at the organ itself, such as its head.
    positions: tuple[PositionSpec, ...]
    departments: tuple[DepartmentSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredecessorSpec:
    """An administrative unit of before the register began, and the organ in whose area it lies now."""

    old_code: str
    old_name: str
    new_code: str
    on: date
    # It was split: its code alone does not tell which part.
    needs_review: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeTables:
    """What the office shows names of, and is first filled with."""

    blocs: Mapping[str, Names]
    tiers: Mapping[str, Names]
    types: Mapping[str, Names]
    # Parents before children.
    units: Callable[[], tuple[UnitSpec, ...]]
    predecessors: Callable[[], tuple[PredecessorSpec, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """How organs number what they issue."""

    # Slugs of the blocs that count by the term of office; the others count by the calendar year.
    by_term: frozenset[str]
    # From bloc, tier and code of an organ: the notation it has unless it chose another.
    notation: Callable[[str, str, str], str]
    # From number, symbol of the type (None: it has none), notation, day and bloc: as it stands on the paper.
    write: Callable[[int, str | None, str, date, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archives:
    """How long work files are kept, and by when they go to the archive. Without a law of its own: what is usual."""

    # The shortest and the longest term in years; besides, a file may be kept for ever.
    least: int = 1
    most: int = 100
    # Terms in years that are offered first.
    usual: tuple[int, ...] = (5, 10, 30)
    # Within so many years of its end the file of a piece of work goes to the archive.
    submit_years: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One political system: its words for levels, urgency and documents, and its tree of organs."""

    name: str
    labels: Mapping[Level, LevelTerm]
    # From ordinary to most urgent.
    urgencies: tuple[Urgency, ...]
    document_types: tuple[DocumentType, ...]
    numbering: Numbering
    # The exchange tree, parents before children. A function, as reading it costs milliseconds.
    organs: Callable[[], tuple[OrganSpec, ...]]
    office: OfficeTables
    archives: Archives = Archives()
    # How organs without this platform exchange documents; None: in no way that is known here. A function, as what it
    # needs is installed with an extra.
    packets: Callable[[], PacketFormat] | None = None
