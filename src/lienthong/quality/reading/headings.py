"""Which column of a file is which column of the registry."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lienthong.quality.description import Registry
from lienthong.quality.errors import RecordsRefused
from lienthong.quality.reading.places import Place, refused, shown
from lienthong.quality.tables import RECORD_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """How the columns of one file are called in the registry."""

    # Column of the registry, or record_id, to heading in the file.
    of: dict[str, str]
    # Headings that mean nothing here.
    ignored: tuple[str, ...]


def plain(heading: str) -> str:
    """Return a heading as it is compared: lower case, letters and digits only, without diacritics."""
    apart = unicodedata.normalize("NFKD", heading.lower().replace("đ", "d").replace("ð", "d"))
    return re.sub(r"[\W_]", "", "".join(sign for sign in apart if not unicodedata.combining(sign)))


def match(
    file: Path, found: Sequence[str], registry: Registry, mapping: Mapping[str, str], extra: Sequence[str] = ()
) -> Headings:
    """Return which heading stands for which column.

    Args:
        file: named by errors.
        found: the headings of the file.
        registry: whose columns are looked for.
        mapping: column of the registry to heading, where the file calls it otherwise.
        extra: headings that are kept as they are, besides.

    Raises:
        RecordsRefused: a heading is there twice, or a column that must be there is missing.
    """
    _refuse_doubles(file, found)
    by_plain = {plain(heading): heading for heading in reversed(found)}
    of: dict[str, str] = {}
    for name, known in _known(registry).items():
        if name in mapping:
            of[name] = _mapped(file, name, mapping[name], found, by_plain)
            continue
        heading = next((by_plain[plain(each)] for each in known if plain(each) in by_plain), None)
        if heading is not None and heading not in of.values() and heading not in mapping.values():
            of[name] = heading
    _refuse_missing(file, registry, of, found)
    for name in extra:
        of[name] = _mapped(file, name, name, found, by_plain)
    return Headings(of=of, ignored=tuple(heading for heading in found if heading not in of.values()))


def column_called(registry: Registry, heading: str) -> str | None:
    """Return the column of the registry, or record_id, that a heading stands for; None if it means nothing here."""
    wanted = plain(heading)
    known = _known(registry)
    exact = next((name for name in known if plain(name) == wanted), None)
    return exact or next((name for name, each in known.items() if wanted in map(plain, each)), None)


def check_mapping(registry: Registry, mapping: Mapping[str, str]) -> None:
    """Refuse a mapping of what the registry does not have.

    Raises:
        RecordsRefused: it names no column of the registry.
    """
    known = _known(registry)
    for name in mapping:
        if name not in known:
            raise RecordsRefused(f"--map {name}", hint=f"Write FIELD=COLUMN; the fields are {', '.join(known)}.")


def _known(registry: Registry) -> dict[str, tuple[str, ...]]:
    titles = {column.name: (column.title.vi, column.title.en, column.title.de) for column in registry.columns}
    named = {column.name: (column.name, *column.headings, *titles[column.name]) for column in registry.columns}
    return {RECORD_ID: (RECORD_ID, *registry.record_id), **named}


def _mapped(file: Path, name: str, wanted: str, found: Sequence[str], by_plain: Mapping[str, str]) -> str:
    heading = wanted if wanted in found else by_plain.get(plain(wanted))
    if heading is None:
        what = f"there is no column {shown(wanted)}, which is to be {name}"
        raise refused(Place(file=file, line=1), what, hint=_have(found))
    return heading


def _refuse_doubles(file: Path, found: Sequence[str]) -> None:
    for at, heading in enumerate(found):
        if heading in found[:at]:
            place = Place(file=file, line=1, column=at + 1)
            what = f"the heading {shown(heading)} is there twice"
            raise refused(place, what, hint="Give every column a heading of its own.")


def _refuse_missing(file: Path, registry: Registry, of: Mapping[str, str], found: Sequence[str]) -> None:
    needed = [RECORD_ID, *(column.name for column in registry.columns if column.mandatory)]
    missing = [name for name in needed if name not in of]
    if missing:
        what = f"missing columns: {', '.join(missing)}"
        hint = f"{_have(found)} Where one is called otherwise: --map FIELD=COLUMN."
        raise refused(Place(file=file, line=1), what, hint=hint)


def _have(found: Sequence[str]) -> str:
    return f"The file has: {', '.join(found)[:300]}."
