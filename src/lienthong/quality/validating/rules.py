"""Rules as a TOML file states them."""

from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec

from lienthong.quality.description import Described, Name, Text, Title, decoded
from lienthong.quality.errors import RegistryInvalid
from lienthong.quality.tables import is_expression

MOST: Final = 60
"""Rules of a registry: one bit each in a number of 64."""


class Dimension(StrEnum):
    """The four words for a good registry; ISO/IEC 25012 in brackets."""

    # Accuracy and consistency. Rules prove only that a record does not contradict itself or known tables.
    CORRECT = "correct"
    # Completeness.
    COMPLETE = "complete"
    # Compliance and uniqueness.
    CLEAN = "clean"
    # Currentness.
    CURRENT = "current"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
    dimension: Dimension
    # Of the registry: where a failure has to be mended.
    columns: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    # SQL on standardised columns that holds for good records; ``$today`` is the day of the run. Unknown is no failure.
    test: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None = None
    # Instead of a test: no two records have the same value in the first column.
    unique: bool = False
    # SQL: the records it is about. Default: all.
    applies: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None = None
    severity: Literal["error", "warning"]
    # In the score of its dimension.
    weight: Annotated[int, msgspec.Meta(ge=1, le=100)]
    # Who has to mend it: a role, not a person.
    owner: Text
    text: Title
    # The legal or technical source.
    source: Text


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of a registry."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    rules: Annotated[tuple[Rule, ...], msgspec.Meta(min_length=1, max_length=MOST)]


def load_rules(described: Described) -> Rules:
    """Return the rules of a registry; an empty tuple of them where it names no file.

    Raises:
        RegistryInvalid: the error names the file, and key or rule.
    """
    name = described.registry.rules
    if name is None:
        return Rules(version=1, rules=())
    rules = decoded(described.beside(name), name, Rules)
    known = {column.name for column in described.registry.columns}
    seen: set[str] = set()
    for rule in rules.rules:
        where = f"{name}: rule {rule.id}"
        if rule.id in seen:
            raise RegistryInvalid(where, hint="Give every rule an id of its own.")
        seen.add(rule.id)
        if (rule.test is None) != rule.unique:
            raise RegistryInvalid(where, hint="Write either a test, or unique = true.")
        unknown = set(rule.columns) - known
        if unknown:
            raise RegistryInvalid(f"{where}: {', '.join(sorted(unknown))}", hint="Name columns of the registry.")
        for text in (rule.test or "", rule.applies or ""):
            if not is_expression(text):
                hint = "Write one condition on the columns of a record, without statements and tables."
                raise RegistryInvalid(where, hint=hint)
    return rules
