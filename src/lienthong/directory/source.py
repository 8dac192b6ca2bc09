"""The source of the directory: a folder of plain files, made for Git and for people.

``instance.toml`` and ``groups.toml`` belong to the centre, ``branches/<code>.json`` to one branch each.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace as changed

from lienthong.directory.checks import check_source
from lienthong.directory.entries import BranchEntry, Id, InstanceEntry, KeyEntry, Token
from lienthong.directory.errors import SourceInvalid
from lienthong.kernel.clock import Millis, to_datetime
from lienthong.kernel.files import write_atomically

_INSTANCE: Final = "instance.toml"
_GROUPS: Final = "groups.toml"
_BYTE: Final = re.compile(r"\(byte (\d+)\)")
_TOKEN: Final = re.compile(r"[a-z0-9-]{1,32}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Everything that is to be published."""

    instance: InstanceEntry
    # Code of a group → identifiers of organs and subsystems.
    groups: Mapping[str, tuple[str, ...]]
    # Code of a branch → what it signs for.
    branches: Mapping[str, BranchEntry]

    def check(self) -> None:
        """Check everything against everything.

        Raises:
            SourceInvalid: with file and place of the first thing that is not in order.
        """
        check_source(self.instance, self.groups, self.branches)

    def revoke(self, kid: bytes, at: Millis) -> "Source":
        """Return a copy in which that key, wherever it is listed, is revoked from that time on.

        Raises:
            SourceInvalid: no organ and no site has that key, or it is revoked already.
        """
        found = 0

        def revoked(keys: tuple[KeyEntry, ...]) -> tuple[KeyEntry, ...]:
            nonlocal found
            hits = [key.value().kid == kid and key.revoked_at is None for key in keys]
            found += sum(hits)
            return tuple(
                changed(key, revoked_at=to_datetime(at)) if hit else key for key, hit in zip(keys, hits, strict=True)
            )

        branches = {
            code: changed(
                branch,
                sites=tuple(changed(site, keys=revoked(site.keys)) for site in branch.sites),
                organs=tuple(changed(organ, keys=revoked(organ.keys)) for organ in branch.organs),
            )
            for code, branch in self.branches.items()
        }
        if not found:
            raise SourceInvalid(
                f"no key {kid.hex()} that is still valid", hint="Look for it with `lienthong directory show`."
            )
        return replace(self, branches=branches)


def read_source(folder: Path) -> Source:
    """Read and check a source folder.

    Raises:
        SourceInvalid: with file and place of the first thing that is not in order.
    """
    instance = _toml(folder / _INSTANCE, InstanceEntry)
    groups = _toml(folder / _GROUPS, dict[Token, tuple[Id, ...]]) if (folder / _GROUPS).exists() else {}
    branches: dict[str, BranchEntry] = {}
    for path in sorted((folder / "branches").glob("*.json")):
        if not _TOKEN.match(path.stem):
            raise SourceInvalid(f"branches/{path.name}: the code of a branch is a-z, 0-9 and -, at most 32 characters")
        branches[path.stem] = _json(path, BranchEntry)
    source = Source(instance=instance, groups=groups, branches=branches)
    source.check()
    return source


def write_source(folder: Path, source: Source) -> None:
    """Write a source folder; what is there is replaced, branches that are no more are left.

    Raises:
        OSError: it cannot be written.
    """
    (folder / "branches").mkdir(parents=True, exist_ok=True)
    write_atomically(folder / _INSTANCE, _instance_text(source.instance).encode(), mode=0o644)
    write_atomically(folder / _GROUPS, _groups_text(source.groups).encode(), mode=0o644)
    for code, branch in source.branches.items():
        text = msgspec.json.format(msgspec.json.encode(branch, order="sorted"), indent=2)
        write_atomically(folder / "branches" / f"{code}.json", text + b"\n", mode=0o644)


def _json[T](path: Path, kind: type[T]) -> T:
    place = f"{path.parent.name}/{path.name}"
    data = _read(path)
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise SourceInvalid(f"{place}: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        at = _BYTE.search(str(error))
        # How editors count, where msgspec tells it; where the text just ends, the end is the place.
        line = data[: int(at[1]) if at else None].count(b"\n") + 1
        raise SourceInvalid(f"{place}, line {line}: {error}") from error


def _toml[T](path: Path, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(_read(path).decode()), type=kind)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise SourceInvalid(f"{path.name}: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceInvalid(
            f"{path}: {error.strerror}", hint="Name a folder that `lienthong directory init` has made."
        ) from error


def _instance_text(instance: InstanceEntry) -> str:
    return (
        f"# The instance of the exchange: the first part of every identifier.\n"
        f"instance = {_quoted(instance.instance)}\n"
        f"# Package of words and units, or none.\nprofile = {_quoted(instance.profile)}\n"
        f"# Days for which a gateway without connection trusts its copy of the directory.\n"
        f"offline-days = {instance.offline_days}\n"
        f"# Days after these in which known grants go on and nothing new is accepted.\n"
        f"grace-days = {instance.grace_days}\n"
    )


def _groups_text(groups: Mapping[str, tuple[str, ...]]) -> str:
    lines = ["# Groups of organs and subsystems that grants may name: code = [identifiers]\n"]
    for code, members in sorted(groups.items()):
        lines.append(f"{_quoted(code)} = [\n")
        lines.extend(f"  {_quoted(member)},\n" for member in members)
        lines.append("]\n")
    return "".join(lines)


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string but for U+007F, which no identifier contains.
    return msgspec.json.encode(text).decode()
