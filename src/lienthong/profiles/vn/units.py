"""The administrative units of Vietnam by code and date.

Codes are those of the National Statistics Office: 2 digits for a province, 5 for a commune, 3 for the
districts that ended on 1 July 2025; ``VN`` is ours for the country. A code outlives type and name: most
codes of 2025 were another unit's before, so a code without a date means the present. The tables are made
by ``tools/build_vn_units.py``; ``data/README.md`` tells where each fact comes from.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from lienthong.profiles.base import Names

COUNTRY: Final = "VN"
_NONE: Final = "-"
REFORM: Final = date(2025, 7, 1)
"""The first day of the present tiers. The one table of the time before stands for every earlier day."""


class Tier(StrEnum):
    """The tiers of administration. Districts ended with the reform of 2025."""

    COUNTRY = "country"
    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class UnitType(StrEnum):
    """What a unit is. A city is of the province tier, or was a district."""

    COUNTRY = "quoc-gia"
    CITY = "thanh-pho"
    PROVINCE = "tinh"
    WARD = "phuong"
    COMMUNE = "xa"
    SPECIAL_ZONE = "dac-khu"
    URBAN_DISTRICT = "quan"
    RURAL_DISTRICT = "huyen"
    TOWN = "thi-xa"
    TOWNSHIP = "thi-tran"


TYPE_NAMES: Final = {
    UnitType.COUNTRY: Names(vi="Quốc gia", en="Country", de="Staat"),
    UnitType.CITY: Names(vi="Thành phố", en="City", de="Stadt"),
    UnitType.PROVINCE: Names(vi="Tỉnh", en="Province", de="Provinz"),
    UnitType.WARD: Names(vi="Phường", en="Ward", de="Stadtbezirk"),
    UnitType.COMMUNE: Names(vi="Xã", en="Commune", de="Gemeinde"),
    UnitType.SPECIAL_ZONE: Names(vi="Đặc khu", en="Special zone", de="Sonderzone"),
    UnitType.URBAN_DISTRICT: Names(vi="Quận", en="Urban district", de="Stadtkreis"),
    UnitType.RURAL_DISTRICT: Names(vi="Huyện", en="Rural district", de="Landkreis"),
    UnitType.TOWN: Names(vi="Thị xã", en="Town", de="Kreisstadt"),
    UnitType.TOWNSHIP: Names(vi="Thị trấn", en="Township", de="Marktgemeinde"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One version of one administrative unit."""

    code: str
    tier: Tier
    # The code of the unit above at that time; None for the country.
    parent: str | None
    type: UnitType
    # Without the type (``Ba Đình``, ``1`` for a numbered ward), NFC; ``plain`` is the same in ASCII.
    name: str
    plain: str
    # Degrees, WGS 84, of a point inside or near the unit: for dots on a map, not for measuring.
    latitude: float
    longitude: float
    # The first day of this version; None: before the table begins.
    valid_from: date | None
    # The day on which it no longer holds; None: still valid.
    valid_to: date | None

    @property
    def full_name(self) -> str:
        """The name with its type, such as ``Phường Ba Đình``."""
        return self.name if self.tier is Tier.COUNTRY else f"{TYPE_NAMES[self.type].vi} {self.name}"

    def holds(self, at: date) -> bool:
        """Tell whether this version was valid on that day."""
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """Which unit of before the reform went, wholly or in part, into which unit of after it."""

    old_code: str
    new_code: str
    # The old unit was split over several new ones: the code alone does not tell which of them holds.
    needs_review: bool
    # The source's own guess among the parts of a split unit; true wherever there was no split.
    suggested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The units as they stand on one day."""

    units: tuple[Unit, ...]
    by_code: dict[str, Unit]
    by_parent: dict[str, tuple[Unit, ...]]


def units(at: date | None = None) -> tuple[Unit, ...]:
    """Return all units valid on that day (default: now), sorted by code."""
    return _edition(at).units


def unit(code: str, at: date | None = None) -> Unit | None:
    """Return the unit that bears the code on that day (default: now), or None."""
    return _edition(at).by_code.get(code)


def versions(code: str) -> tuple[Unit, ...]:
    """Return everything the code has meant, oldest first."""
    return tuple(version for version in (*_former(), *_present()) if version.code == code)


def children(code: str, at: date | None = None) -> tuple[Unit, ...]:
    """Return the units directly below that one on that day (default: now), sorted by code."""
    return _edition(at).by_parent.get(code, ())


def provinces(at: date | None = None) -> tuple[Unit, ...]:
    """Return the provinces and centrally-run cities of that day (default: now), sorted by code."""
    return children(COUNTRY, at)


def communes(province: str | None = None, at: date | None = None) -> tuple[Unit, ...]:
    """Return the communes, wards and special zones of a province, or of the country, sorted by code.

    Before the reform these are the communes of the province's districts.
    """
    if province is None:
        return tuple(entry for entry in units(at) if entry.tier is Tier.COMMUNE)
    below = children(province, at)
    all_below = (*below, *(entry for district in below for entry in children(district.code, at)))
    return tuple(sorted((entry for entry in all_below if entry.tier is Tier.COMMUNE), key=lambda entry: entry.code))


def every_version() -> tuple[Unit, ...]:
    """Return every version of every unit, those of before the reform first."""
    return (*_former(), *_present())


def every_succession() -> tuple[Succession, ...]:
    """Return where every unit of before the reform went, sorted by its code."""
    return tuple(entry for entries in _successions()[0].values() for entry in entries)


def predecessors(code: str) -> tuple[Succession, ...]:
    """Return what went into the present unit of that code: units of before the reform, sorted by code."""
    return _successions()[1].get(code, ())


def successors(old_code: str) -> tuple[Succession, ...]:
    """Return where the unit went that bore the code before the reform.

    Provinces lead to provinces and communes to communes. Of the districts only the five that had no
    communes are known; ask for the communes of the others.
    """
    return _successions()[0].get(old_code, ())


@lru_cache(maxsize=8)
def _edition(at: date | None) -> Edition:
    if at is None:
        valid = tuple(entry for entry in _present() if entry.valid_to is None)
    else:
        source = (*_former(), *_present()) if at < REFORM else _present()
        valid = tuple(sorted((entry for entry in source if entry.holds(at)), key=lambda entry: entry.code))
    below: dict[str, list[Unit]] = {}
    for entry in valid:
        if entry.parent is not None:
            below.setdefault(entry.parent, []).append(entry)
    return Edition(
        units=valid,
        by_code={entry.code: entry for entry in valid},
        by_parent={code: tuple(entries) for code, entries in below.items()},
    )


@cache
def _present() -> tuple[Unit, ...]:
    return tuple(_read_units("units.tsv"))


@cache
def _former() -> tuple[Unit, ...]:
    return tuple(_read_units("former_units.tsv"))


@cache
def _successions() -> tuple[dict[str, tuple[Succession, ...]], dict[str, tuple[Succession, ...]]]:
    by_old: dict[str, list[Succession]] = {}
    by_new: dict[str, list[Succession]] = {}
    for old, new, review, suggested in _rows("predecessors.tsv"):
        entry = Succession(old_code=old, new_code=new, needs_review=review == "1", suggested=suggested == "1")
        by_old.setdefault(old, []).append(entry)
        by_new.setdefault(new, []).append(entry)
    return (
        {code: tuple(entries) for code, entries in by_old.items()},
        {code: tuple(entries) for code, entries in by_new.items()},
    )


def _read_units(name: str) -> Iterator[Unit]:
    for code, tier, parent, kind, vi, plain, latitude, longitude, start, end in _rows(name):
        yield Unit(
            code=code,
            tier=_TIERS[tier],
            parent=None if parent == _NONE else parent,
            type=_TYPES[kind],
            name=vi,
            plain=plain,
            latitude=float(latitude),
            longitude=float(longitude),
            valid_from=_day(start),
            valid_to=_day(end),
        )


def _rows(name: str) -> Iterator[list[str]]:
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    rows = csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    next(rows)
    return rows


@cache
def _day(text: str) -> date | None:
    return None if text == _NONE else date.fromisoformat(text)


# A look-up in a dict takes a third of the time of calling the enum, ten thousand times over.
_TIERS = {tier.value: tier for tier in Tier}
_TYPES = {kind.value: kind for kind in UnitType}
