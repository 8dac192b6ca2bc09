"""Merges as data: each says what it moved, so that it can be taken back exactly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import msgspec

from lienthong.quality.errors import MergeBuiltUpon, MergeImpossible

type Chosen = Mapping[tuple[str, str], str]
"""What people chose against the rules: person and field, to the record whose value stands."""


@dataclass(frozen=True, slots=True)
class Persons:
    """Whose every record is, and what people chose for the golden records."""

    # Record to person.
    of: Mapping[str, str]
    chosen: Chosen = field(default_factory=lambda: MappingProxyType({}))


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """One merge, as it stands in the log."""

    id: str
    at: datetime
    by: str
    # Who took the records in.
    person: str
    # Record and the person it was of before, by record.
    moved: tuple[tuple[str, str], ...]
    # Person, field and record of choices that went with their persons.
    forgone: tuple[tuple[str, str, str], ...] = ()


def merge(  # noqa: PLR0913 - who, when and what, as the log wants it
    persons: Persons,
    into: str,
    others: Iterable[str],
    *,
    id: str,  # noqa: A002 - its name in the log
    at: datetime,
    by: str,
) -> tuple[Persons, Merged]:
    """Let a person take in others.

    Args:
        persons: as they are.
        into: who remains.
        others: who does not.
        id: of the merge, unique.
        at: when it is done.
        by: who does it.

    Returns:
        The persons after it, and the entry of the log.

    Raises:
        MergeImpossible: one of them has no records, or there is nobody to take in.
    """
    gone = set(others) - {into}
    there = set(persons.of.values())
    if not gone or not {into, *gone} <= there:
        raise MergeImpossible(", ".join(sorted({into, *gone} - there)) or into)
    moved = tuple(sorted((record, person) for record, person in persons.of.items() if person in gone))
    forgone = tuple(sorted((*key, record) for key, record in persons.chosen.items() if key[0] in gone))
    after = Persons(
        of={record: into if person in gone else person for record, person in persons.of.items()},
        chosen={key: record for key, record in persons.chosen.items() if key[0] not in gone},
    )
    return after, Merged(id=id, at=at, by=by, person=into, moved=moved, forgone=forgone)


def undo(persons: Persons, merged: Merged) -> Persons:
    """Take a merge back: every record it moved is of its former person again, and so are the choices.

    Raises:
        MergeBuiltUpon: a record has been moved on since; undo that merge first.
    """
    for record, _person in merged.moved:
        if persons.of.get(record) != merged.person:
            raise MergeBuiltUpon(f"{merged.id}: {record}")
    back = dict(merged.moved)
    return Persons(
        of={record: back.get(record, person) for record, person in persons.of.items()},
        chosen={
            **{
                key: record
                for key, record in persons.chosen.items()
                # A choice for the one who remains may rest on a record that now leaves.
                if not (key[0] == merged.person and record in back)
            },
            **{(person, name): record for person, name, record in merged.forgone},
        },
    )
