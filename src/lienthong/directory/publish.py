"""Publishing: from a source and role keys to signed files. Only what changed gets a new version.

Every step takes what is published and returns what is to be published next, so that each can be done by
whoever holds its key: a branch signs for its organs, the centre admits them and names the branches, and
where the directory is served, snapshot and timestamp say what belongs together and until when.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Key,
    Metadata,
    MetaFile,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from lienthong.directory.entries import (
    BranchEntry,
    CommonFile,
    KeyEntry,
    OrganEntry,
    ShardFile,
    SiteEntry,
)
from lienthong.directory.errors import DirectoryRefused, NotSigned, SourceInvalid
from lienthong.directory.layout import common_file, register_file, split
from lienthong.directory.published import (
    COMMON,
    Published,
    branch_paths,
    branch_role,
    register_path,
    role_of,
    targets_of,
)
from lienthong.directory.roots import next_root
from lienthong.directory.signing import RoleKeys, RolePublics, needed, role_key
from lienthong.directory.source import Source
from lienthong.kernel.clock import DAY, Clock, Millis, to_datetime

TARGETS_TERM: Final[Millis] = 365 * DAY
"""How long a signature of the centre's or a branch's holds, milliseconds."""
SNAPSHOT_TERM: Final[Millis] = 90 * DAY
EMPTY: Final = Published(roots=(), roles={}, targets={})


@dataclass(frozen=True, slots=True)
class _Term:
    """From when and how long a signature holds, milliseconds."""

    now: Millis
    length: Millis
    # The part of it that a signature must have left not to be renewed.
    share: float = 0.5


def build(source: Source, keys: RoleKeys, clock: Clock, previous: Published | None = None) -> Published:
    """Sign and publish everything at once, in memory: for demos, tests and whoever holds every key.

    Args:
        source: what is to be published.
        keys: a key for every role.
        clock: now.
        previous: what was published before; what has not changed is taken over.

    Raises:
        SourceInvalid: the source is not in order.
        RoleKeyError: a key is missing.
        NotSigned: the keys at hand are too few for a new root.
    """
    source.check()
    now = clock.now()
    publics = keys.publics()
    published = with_root(previous or EMPTY, publics, keys, now)
    for code in source.branches:
        published = with_branch(published, source, code, keys.branches.get(code), now)
    published = with_centre(published, source, publics, keys.targets, now)
    return with_clock(published, snapshot=keys.snapshot, timestamp=keys.timestamp, now=now)


def with_root(published: Published, publics: RolePublics, keys: RoleKeys, now: Millis) -> Published:
    """Return it with a root that names these holders, if the newest one does not.

    Raises:
        NotSigned: the keys at hand are too few.
    """
    step = next_root(publics, roots=published.roots, pending=None, signers=(*keys.root, *keys.retired), now=now)
    if step.unchanged:
        return published
    if step.missing:
        raise NotSigned(f"root version {step.version} lacks {step.missing} more signatures")
    return replace(published, roots=(*published.roots, step.data))


def with_branch(published: Published, source: Source, code: str, signer: CryptoSigner | None, now: Millis) -> Published:
    """Return it with what a branch says now, signed by its key.

    Raises:
        RoleKeyError: the key is not at hand.
        SourceInvalid: there is no such branch, or a key that was published is no longer listed.
    """
    if code not in source.branches:
        raise SourceInvalid(f"branches/{code}.json: there is no such branch")
    name = branch_role(code)
    files = split(code, source.branches[code])
    before = _paths(published, name)
    _refuse_forgotten_keys(published, source, code, before)
    role = _next(published, name, Targets(targets=_infos(files)), needed(signer, name), _Term(now, TARGETS_TERM))
    kept = {path: data for path, data in published.targets.items() if path not in before}
    return replace(published, roles={**published.roles, name: role}, targets={**kept, **files})


def with_centre(
    published: Published, source: Source, publics: RolePublics, signer: CryptoSigner | None, now: Millis
) -> Published:
    """Return it with what the centre says now: instance, groups, branches, and whom it admits in each.

    Raises:
        RoleKeyError: the key is not at hand.
        SourceInvalid: a branch has no key in ``roles.json``.
    """
    files = {COMMON: common_file(source)} | {
        register_path(code): register_file(branch) for code, branch in source.branches.items()
    }
    role = _next(
        published,
        "targets",
        Targets(targets=_infos(files), delegations=_delegations(source, publics)),
        needed(signer, "targets"),
        _Term(now, TARGETS_TERM),
    )
    names = {"targets", "snapshot", "timestamp", *map(branch_role, source.branches)}
    gone = {path for name in published.roles if name not in names for path in _paths(published, name)}
    gone |= _paths(published, "targets")
    return replace(
        published,
        roles={**{name: data for name, data in published.roles.items() if name in names}, "targets": role},
        targets={**{path: data for path, data in published.targets.items() if path not in gone}, **files},
    )


def with_clock(
    published: Published, *, snapshot: CryptoSigner | None, timestamp: CryptoSigner | None, now: Millis
) -> Published:
    """Return it with a snapshot of what belongs together and a timestamp that says until when.

    Raises:
        RoleKeyError: a key is not at hand.
        NotSigned: the centre or a branch has not signed yet.
    """
    content = Snapshot(meta=_meta(published))
    sealed = _next(published, "snapshot", content, needed(snapshot, "snapshot"), _Term(now, SNAPSHOT_TERM))
    common = msgspec.json.decode(published.targets[COMMON], type=CommonFile)
    stamp = _next(
        published,
        "timestamp",
        Timestamp(snapshot_meta=_meta_file("snapshot", sealed)),
        needed(timestamp, "timestamp"),
        # Renewed ten times within its term, so that a gateway cut off has nearly all of it left.
        _Term(now, common.instance.offline_days * DAY, share=0.9),
    )
    return replace(published, roles={**published.roles, "snapshot": sealed, "timestamp": stamp})


def _delegations(source: Source, publics: RolePublics) -> Delegations:
    keys: dict[str, Key] = {}
    roles: dict[str, DelegatedRole] = {}
    for code in sorted(source.branches):
        if code not in publics.branches:
            raise SourceInvalid(f"roles.json: the branch {code} has no key")
        key = role_key(publics.branches[code])
        keys[key.keyid] = key
        roles[branch_role(code)] = DelegatedRole(
            name=branch_role(code), keyids=[key.keyid], threshold=1, terminating=True, paths=[branch_paths(code)]
        )
    return Delegations(keys=keys, roles=roles)


def _infos(files: Mapping[str, bytes]) -> dict[str, TargetFile]:
    return {path: TargetFile.from_data(path, data) for path, data in files.items()}


def _paths(published: Published, role: str) -> set[str]:
    data = published.roles.get(role)
    return set() if data is None else set(targets_of(role, data).targets)


def _meta(published: Published) -> dict[str, MetaFile]:
    if "targets" not in published.roles:
        raise NotSigned("the centre has not signed", hint="Run `lienthong directory sign --centre` with its key.")
    delegations = targets_of("targets", published.roles["targets"]).delegations
    names = ["targets", *(delegations.roles or {} if delegations else {})]
    for name in names:
        if name not in published.roles:
            raise NotSigned(f"{name} has not signed", hint="Run `lienthong directory sign --branch` with its key.")
    # A role once listed must stay listed, or followers take it for a rollback (TUF 1.0, 5.5.6).
    return _listed(published) | {f"{name}.json": _meta_file(name, published.roles[name]) for name in names}


def _listed(published: Published) -> dict[str, MetaFile]:
    data = published.roles.get("snapshot")
    if data is None:
        return {}
    signed = role_of("snapshot", data).signed
    if not isinstance(signed, Snapshot):
        raise DirectoryRefused(f"snapshot: {signed.type} instead")
    return signed.meta


def _meta_file(name: str, data: bytes) -> MetaFile:
    return MetaFile(
        version=role_of(name, data).signed.version,
        length=len(data),
        hashes={"sha256": hashlib.sha256(data).hexdigest()},
    )


def _next(
    published: Published, name: str, signed: Targets | Snapshot | Timestamp, signer: CryptoSigner, term: _Term
) -> bytes:
    """Return the role's file with that content: the old one if it will do, else the next version."""
    data = published.roles.get(name)
    listed = _listed(published).get(f"{name}.json")
    signed.version = 1 if listed is None else listed.version + 1
    if data is not None:
        old: Metadata[Any] = role_of(name, data)
        lasts = old.signed.expires > to_datetime(term.now + int(term.length * term.share))
        if lasts and signer.public_key.keyid in old.signatures and _content(old.signed) == _content(signed):
            return data
        signed.version = max(signed.version, old.signed.version + 1)
    signed.expires = to_datetime(term.now + term.length)
    metadata: Metadata[Any] = Metadata(signed)
    metadata.sign(signer)
    return metadata.to_bytes()


def _content(signed: Targets | Snapshot | Timestamp) -> dict[str, Any]:
    return {key: value for key, value in signed.to_dict().items() if key not in {"version", "expires"}}


def _refuse_forgotten_keys(published: Published, source: Source, code: str, before: set[str]) -> None:
    """Old seals must stay verifiable: a key that was published stays listed, ended or revoked."""
    now_listed = {key.public for key in _keys(source.branches[code])}
    gone = [
        key
        for path in before
        for key in _keys(msgspec.json.decode(published.targets[path], type=ShardFile))
        if key.public not in now_listed
    ]
    if not gone:
        return
    # An organ may have moved to another branch, keys and all.
    elsewhere = {key.public for branch in source.branches.values() for key in _keys(branch)}
    for key in gone:
        if key.public not in elsewhere:
            raise SourceInvalid(
                f"branches/{code}.json: key {key.value().kid.hex()} was published and is no longer listed",
                hint="Put it back with `revoked-at`; without it old seals could no longer be verified.",
            )


def _keys(part: BranchEntry | ShardFile) -> list[KeyEntry]:
    owners: list[OrganEntry | SiteEntry] = [*part.organs, *part.sites]
    return [key for owner in owners for key in owner.keys]
