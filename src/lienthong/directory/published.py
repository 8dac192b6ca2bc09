"""One version of the published directory: signed role files and the files they vouch for.

The publisher makes it, a mirror serves its files, a gateway keeps it as its cache, and the part of it
that concerns some organs is what goes into exported evidence. Names on a mirror follow TUF 1.0 with
consistent snapshots: ``metadata/3.branch-01.json``, ``targets/branch/01/<sha256>.00.json``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, TargetFile, Targets

from lienthong.directory.errors import DirectoryMissing, DirectoryRefused
from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid
from lienthong.kernel.files import write_atomically

MAX_BUNDLE: Final = 256 * 1024 * 1024
COMMON: Final = "common.json"
TOP_LEVEL: Final = ("targets", "snapshot", "timestamp")
_FORMAT: Final = 1


@dataclass(frozen=True, kw_only=True)
class Published:
    """The role files and target files of one version."""

    # Every root from the first one kept, in order of version.
    roots: tuple[bytes, ...]
    # Name of a role (``targets``, ``snapshot``, ``timestamp``, ``branch-01``) → its signed file.
    roles: Mapping[str, bytes]
    # Published path (``common.json``, ``register/01.json``, ``branch/01/00.json``) → file.
    targets: Mapping[str, bytes]

    @property
    def root(self) -> bytes:
        """The newest root: what a gateway is given to trust."""
        return self.roots[-1]

    @cached_property
    def snapshot_version(self) -> int:
        """The version of the content; it counts up with every change.

        Raises:
            DirectoryRefused: the snapshot role's file is not readable.
        """
        version: int = role_of("snapshot", self.roles["snapshot"]).signed.version
        return version

    def files(self) -> dict[str, bytes]:
        """Return what a mirror serves, name by name, in the order in which it must be put there.

        Raises:
            DirectoryRefused: a role's file is not readable.
        """
        served = {
            target_name(path, digest_of(info)): self.targets[path]
            for name, data in self.roles.items()
            if name not in {"snapshot", "timestamp"}
            for path, info in targets_of(name, data).targets.items()
            if path in self.targets
        }
        for data in self.roots:
            served[f"metadata/{role_of('root', data).signed.version}.root.json"] = data
        for name, data in self.roles.items():
            if name != "timestamp":
                served[f"metadata/{role_of(name, data).signed.version}.{name}.json"] = data
        # Last: with it a follower sees all the rest.
        if "timestamp" in self.roles:
            served["metadata/timestamp.json"] = self.roles["timestamp"]
        return served

    def since(self, earlier: "Published | None") -> dict[str, bytes]:
        """Return what a mirror that has the earlier version still lacks, in the order to put it there."""
        known = {} if earlier is None else earlier.files()
        return {name: data for name, data in self.files().items() if known.get(name) != data}

    def part(self, *, branches: Iterable[str], paths: Iterable[str]) -> "Published":
        """Return only these branches' role files and only these target files."""
        kept = {*TOP_LEVEL, *map(branch_role, branches)}
        wanted = set(paths)
        return replace(
            self,
            roles={name: data for name, data in self.roles.items() if name in kept},
            targets={path: data for path, data in self.targets.items() if path in wanted},
        )

    def to_bytes(self) -> bytes:
        """Return it all as one piece: deterministic CBOR ``[1, roots, roles, targets]``."""
        return cbor.encode([_FORMAT, list(self.roots), dict(self.roles), dict(self.targets)])

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what ``to_bytes`` wrote. Nothing in it is verified by that.

        Raises:
            DirectoryRefused: it is something else, or cut short.
        """
        try:
            form, roots, roles, targets = cbor.decode(data, max_size=MAX_BUNDLE)
            if form != _FORMAT or not roots or not all(isinstance(root, bytes) for root in roots):
                raise ValueError
            for part in (roles, targets):
                if not all(isinstance(key, str) and isinstance(value, bytes) for key, value in part.items()):
                    raise ValueError
        except (CborInvalid, ValueError, TypeError, AttributeError) as error:
            raise DirectoryRefused("not a bundle of directory files, or cut short") from error
        return cls(roots=tuple(roots), roles=roles, targets=targets)

    def save(self, folder: Path) -> None:
        """Put the files into a folder that a web server can serve; only what is missing is written.

        Whoever reads meanwhile, or after a crash, sees the version before or this one.

        Raises:
            OSError: the folder cannot be written.
        """
        for name, data in self.files().items():
            path = folder / name
            if not path.is_file() or path.read_bytes() != data:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, data, mode=0o644)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the newest version of everything in such a folder. Nothing is verified by that.

        Raises:
            DirectoryMissing: there is no root in it.
            DirectoryRefused: a role's file is not readable, or a file it vouches for is missing.
            OSError: the folder cannot be read.
        """
        newest: dict[str, tuple[int, Path]] = {}
        roots: dict[int, bytes] = {}
        for path in sorted((folder / "metadata").glob("*.json")):
            version, _, name = path.name.removesuffix(".json").partition(".")
            if name == "root" and version.isdecimal():
                roots[int(version)] = path.read_bytes()
            elif version.isdecimal() and int(version) > newest.get(name, (0, path))[0]:
                newest[name] = (int(version), path)
        if not roots:
            raise DirectoryMissing(str(folder), hint="Name a folder that `lienthong directory sign` has made.")
        roles = {name: path.read_bytes() for name, (_, path) in newest.items()}
        timestamp = folder / "metadata" / "timestamp.json"
        if timestamp.is_file():
            roles["timestamp"] = timestamp.read_bytes()
        return cls(
            roots=tuple(roots[version] for version in sorted(roots)), roles=roles, targets=_targets(folder, roles)
        )


def branch_role(code: str) -> str:
    """Return the name of the role that signs for a branch."""
    return f"branch-{code}"


def register_path(code: str) -> str:
    """Return the published path of a branch's register."""
    return f"register/{code}.json"


def branch_paths(code: str) -> str:
    """Return the pattern of the published paths that a branch may sign for."""
    return f"branch/{code}/*.json"


def target_name(path: str, digest: str) -> str:
    """Return the name of a target file on a mirror."""
    folder, slash, name = path.rpartition("/")
    return f"targets/{folder}{slash}{digest}.{name}"


def digest_of(info: TargetFile) -> str:
    """Return the digest under which a target file is served: the first one listed, as TUF clients take it."""
    return next(iter(info.hashes.values()))


def role_of(name: str, data: bytes) -> Metadata[Any]:
    """Read a role's file without verifying it; ``signed`` is of the role's own type.

    Raises:
        DirectoryRefused: it is not readable.
    """
    try:
        return Metadata[Any].from_bytes(data)
    except RepositoryError as error:
        raise DirectoryRefused(f"{name}: {error}") from error


def targets_of(name: str, data: bytes) -> Targets:
    """Read the file of ``targets`` or of a branch without verifying it.

    Raises:
        DirectoryRefused: it is not readable, or of another kind.
    """
    signed = role_of(name, data).signed
    if not isinstance(signed, Targets):
        raise DirectoryRefused(f"{name}: {signed.type} instead of targets")
    return signed


def _targets(folder: Path, roles: Mapping[str, bytes]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, data in roles.items():
        if name in {"snapshot", "timestamp"}:
            continue
        for path, info in targets_of(name, data).targets.items():
            file = folder / target_name(path, digest_of(info))
            if not file.is_file():
                raise DirectoryRefused(f"{file} is missing", hint="Sign again, or restore the folder.")
            found[path] = file.read_bytes()
    return found
