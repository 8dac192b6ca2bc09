"""How the records of a registry are linked: the table ``[link]`` of its description."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from lienthong.quality.description import Described, Name, Text, Title, section
from lienthong.quality.errors import RegistryInvalid
from lienthong.quality.tables import is_expression

Sql = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
Probability = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class Likeness(StrEnum):
    """How two values are compared; ``levels`` has the levels of each."""

    # x, its key, keys it may be swapped with: one part of a name.
    NAME = "name"
    # x: a date with its year and its precision.
    DATE = "date"
    # first, second: two dates of which one follows from the other, such as admission and full membership.
    DATES = "dates"
    # x: a number or code given to one person only.
    IDENTIFIER = "identifier"
    # x: free text, such as a line of an address.
    TEXT = "text"
    # x: one of a few values.
    CHOICE = "choice"
    # fine, …, coarse: one place at several levels.
    PLACE = "place"
    # number, street, locality, postcode: an address as a whole, as its parts go together.
    HOME = "home"


class Derived(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column that only linking needs, made of standardised ones."""

    name: Name
    # An expression over the standardised columns and the derived ones above it.
    sql: Sql


class Compared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What two records are compared by; left out where no record has a value."""

    name: Name
    likeness: Likeness
    # Standardised or derived columns, as the likeness wants them.
    columns: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=6)]
    title: Title


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A blocking rule: records with the same key are compared."""

    name: Name
    # Expressions over standardised and derived columns. A record that lacks one of them has no key.
    key: Annotated[tuple[Sql, ...], msgspec.Meta(min_length=1, max_length=6)]
    # Added to the key, one after the other, where too many records share it.
    tighten: tuple[Sql, ...] = ()


class Conflict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why two records are not of one person, however like they are."""

    name: Name
    # A predicate over the columns of both, as l.x and r.x; NULL is no conflict.
    sql: Sql
    # apart: never in one cluster. ask: not without a person.
    effect: Literal["apart", "ask"]
    title: Title


class Link(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table ``[link]``."""

    # The file of a trained model beside the description; without one, weights are learned from the records at hand.
    model: Text | None = None
    derived: tuple[Derived, ...] = ()
    compare: Annotated[tuple[Compared, ...], msgspec.Meta(min_length=1, max_length=30)]
    block: Annotated[tuple[Rule, ...], msgspec.Meta(min_length=1, max_length=40)]
    conflict: tuple[Conflict, ...] = ()
    # From here on two records are linked without asking anybody.
    automatic: Probability = 0.99999
    # From here on they are taken for one person until somebody says otherwise.
    likely: Probability = 0.5
    # From here on a person may be asked.
    doubtful: Probability = 0.2
    # Items for people, as a share of the records; the least certain come first.
    queue: Annotated[float, msgspec.Meta(gt=0, le=0.1)] = 0.014
    # The pairs one rule may make, per record.
    pairs_per_record: Annotated[float, msgspec.Meta(gt=0, le=1_000)] = 2.0
    # Records that may share a key whatever they add up to.
    largest_block: Annotated[int, msgspec.Meta(ge=2, le=10_000)] = 300


def link_settings(described: Described) -> Link:
    """Return how a registry is linked.

    Raises:
        RegistryInvalid: the error names the key.
    """
    settings = section(described, "link", Link)
    _check(settings, f"{described.source}: [link]")
    return settings


def expressions(settings: Link) -> Iterator[tuple[str, str]]:
    """Yield all SQL of the settings, with the name of the entry it is of."""
    yield from ((column.name, column.sql) for column in settings.derived)
    yield from ((rule.name, part) for rule in settings.block for part in (*rule.key, *rule.tighten))
    yield from ((conflict.name, conflict.sql) for conflict in settings.conflict)


def _check(settings: Link, where: str) -> None:
    for kind, names in (
        ("derived", [each.name for each in settings.derived]),
        ("compare", [each.name for each in settings.compare]),
        ("block", [each.name for each in settings.block]),
        ("conflict", [each.name for each in settings.conflict]),
    ):
        if len(set(names)) < len(names):
            raise RegistryInvalid(f"{where} {kind}", hint="Give every entry a name of its own.")
    for name, text in expressions(settings):
        if not is_expression(text):
            hint = "Write an expression on the columns of a record, without statements and tables."
            raise RegistryInvalid(f"{where} {name}", hint=hint)
    if not settings.doubtful <= settings.likely <= settings.automatic:
        raise RegistryInvalid(where, hint="Let doubtful be at most likely, and likely at most automatic.")
