"""What differs between two directories, in words a person can sign off."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from lienthong.directory.entries import (
    BranchEntry,
    CommonFile,
    KeyEntry,
    OrganEntry,
    ShardFile,
    SiteEntry,
    SubsystemEntry,
)
from lienthong.directory.errors import DirectoryRefused
from lienthong.directory.published import COMMON, Published
from lienthong.directory.source import Source


class Kind(StrEnum):
    """What happened to something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference."""

    kind: Kind
    # What it concerns, outermost first: ``branch 01 / organ VN/PARTY/A01 / key 3f…``.
    where: str
    # As text; empty where there was or is nothing.
    before: str = ""
    after: str = ""


def diff(old: Source, new: Source) -> list[Change]:
    """Return what differs, branch by branch, organ by organ."""
    changes = list(_values("instance", old.instance, new.instance))
    changes += _maps("group", old.groups, new.groups, _members)
    changes += _maps("branch", old.branches, new.branches, _branch)
    return changes


def source_of(published: Published) -> Source:
    """Return the source that a published version was made from.

    Raises:
        DirectoryRefused: a file is missing or malformed.
    """
    try:
        return _source(published)
    except (KeyError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DirectoryRefused(f"not what a publisher writes: {error}") from error


def _source(published: Published) -> Source:
    common = msgspec.json.decode(published.targets[COMMON], type=CommonFile)
    organs: dict[str, list[OrganEntry]] = {code: [] for code in common.branches}
    sites: dict[str, list[SiteEntry]] = {code: [] for code in common.branches}
    for path, data in published.targets.items():
        match path.split("/"):
            case ["branch", code, _] if code in organs:
                shard = msgspec.json.decode(data, type=ShardFile)
                organs[code].extend(shard.organs)
                sites[code].extend(shard.sites)
    branches = {
        code: BranchEntry(
            name=name,
            organs=tuple(sorted(organs[code], key=lambda organ: organ.id)),
            sites=tuple(sorted(sites[code], key=lambda site: site.code)),
        )
        for code, name in common.branches.items()
    }
    return Source(instance=common.instance, groups=common.groups, branches=branches)


def _branch(where: str, old: BranchEntry, new: BranchEntry) -> Iterator[Change]:
    yield from _field(where, "name", old.name, new.name)
    yield from _maps(f"{where} / site", _by(old.sites, "code"), _by(new.sites, "code"), _site)
    yield from _maps(f"{where} / organ", _by(old.organs, "id"), _by(new.organs, "id"), _organ)


def _site(where: str, old: SiteEntry, new: SiteEntry) -> Iterator[Change]:
    yield from _field(where, "name", old.name, new.name)
    yield from _maps(f"{where} / key", _keys(old.keys), _keys(new.keys), _values)


def _organ(where: str, old: OrganEntry, new: OrganEntry) -> Iterator[Change]:
    for name in ("token", "name", "site", "ceiling", "active", "parent"):
        yield from _field(where, name, getattr(old, name), getattr(new, name))
    yield from _maps(f"{where} / key", _keys(old.keys), _keys(new.keys), _values)
    yield from _maps(f"{where} / subsystem", _by(old.subsystems, "code"), _by(new.subsystems, "code"), _subsystem)
    services = [{f"{s.subsystem}/{s.code}": s for s in organ.services} for organ in (old, new)]
    yield from _maps(f"{where} / service", services[0], services[1], _values)
    topics = [{f"{t.subsystem}/{t.code}": t for t in organ.topics} for organ in (old, new)]
    yield from _maps(f"{where} / topic", topics[0], topics[1], _values)


def _subsystem(where: str, old: SubsystemEntry, new: SubsystemEntry) -> Iterator[Change]:
    for name in ("code", "name", "ceiling", "active"):
        yield from _field(where, name, getattr(old, name), getattr(new, name))
    yield from _maps(f"{where} / group", old.groups, new.groups, _members)


def _members(where: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Change]:
    for member in sorted({*old} - {*new}):
        yield Change(kind=Kind.REMOVED, where=where, before=member)
    for member in sorted({*new} - {*old}):
        yield Change(kind=Kind.ADDED, where=where, after=member)


def _values(where: str, old: msgspec.Struct, new: msgspec.Struct) -> Iterator[Change]:
    for name in old.__struct_fields__:
        yield from _field(where, name, getattr(old, name), getattr(new, name))


def _field(where: str, name: str, old: object, new: object) -> Iterator[Change]:
    if old != new:
        yield Change(kind=Kind.CHANGED, where=f"{where} / {name}", before=_text(old), after=_text(new))


def _maps[T](
    where: str, old: Mapping[str, T], new: Mapping[str, T], inner: Callable[[str, T, T], Iterator[Change]]
) -> Iterator[Change]:
    for key in sorted({*old, *new}):
        place = f"{where} {key}"
        if key not in new:
            yield Change(kind=Kind.REMOVED, where=place, before=_title(old[key]))
        elif key not in old:
            yield Change(kind=Kind.ADDED, where=place, after=_title(new[key]))
        elif old[key] != new[key]:
            yield from inner(place, old[key], new[key])


def _by[T](entries: Iterable[T], name: str) -> dict[str, T]:
    return {getattr(entry, name): entry for entry in entries}


def _keys(keys: Iterable[KeyEntry]) -> dict[str, KeyEntry]:
    return {key.value().kid.hex(): key for key in keys}


def _title(value: object) -> str:
    return str(getattr(value, "name", None) or getattr(value, "algorithm", None) or "")


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return msgspec.json.encode(value).decode()
