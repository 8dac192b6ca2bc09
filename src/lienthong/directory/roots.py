"""The root of the directory: two of at least three people say who holds every other role.

A new root is signed by two holders of the one before and by two of its own, so that gateways follow
from any root they trust to the newest. Signatures can be collected one machine after the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import TOP_LEVEL_ROLE_NAMES, Metadata, Role, Root

from lienthong.directory.errors import DirectoryRefused
from lienthong.directory.published import role_of
from lienthong.directory.signing import ROOT_THRESHOLD, RolePublics, role_key
from lienthong.kernel.clock import DAY, Millis, to_datetime

ROOT_TERM: Final[Millis] = 3 * 365 * DAY
_RENEW_BEFORE: Final[Millis] = ROOT_TERM // 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RootStep:
    """How far a root has come."""

    # The file with the signatures collected so far.
    data: bytes
    version: int
    # Signatures still needed, of the old holders or of the new ones, whichever lacks more.
    missing: int
    # It is the newest published root already.
    unchanged: bool = False


def next_root(
    publics: RolePublics,
    *,
    roots: Sequence[bytes],
    pending: bytes | None,
    signers: Iterable[CryptoSigner],
    now: Millis,
) -> RootStep:
    """Return the root that states who holds which role, with every signature at hand.

    Args:
        publics: who is to hold which role.
        roots: the published roots, oldest first.
        pending: a root that still collects signatures; given up if it states something else.
        signers: keys at hand; those that hold neither the old root nor the new one do not sign.
        now: milliseconds UTC.

    Raises:
        DirectoryRefused: a root's file is not readable.
    """
    previous = _root(roots[-1]) if roots else None
    wanted = _stated(publics, version=previous.version + 1 if previous else 1, expires=to_datetime(now + ROOT_TERM))
    if previous and _same(previous, wanted) and previous.expires > to_datetime(now + _RENEW_BEFORE):
        return RootStep(data=roots[-1], version=previous.version, missing=0, unchanged=True)
    metadata = _pending(pending, wanted) or Metadata(wanted)
    holders = {*wanted.roles[Root.type].keyids, *(previous.roles[Root.type].keyids if previous else ())}
    for signer in signers:
        if signer.public_key.keyid in holders:
            metadata.sign(signer, append=True)
    result = metadata.signed.get_root_verification_result(previous, metadata.signed_bytes, metadata.signatures)
    return RootStep(
        data=metadata.to_bytes(),
        version=metadata.signed.version,
        missing=max(result.first.missing, result.second.missing),
    )


def check_root(root: Root) -> None:
    """Check that it takes two different people to change a root.

    A root that says otherwise is refused even if it is properly signed: whoever talked two holders into
    it would from then on need only one.

    Raises:
        DirectoryRefused: the threshold is below two, or fewer different keys stand behind it.
    """
    role = root.roles[Root.type]
    different = {str(root.keys[keyid].keyval.get("public")) for keyid in role.keyids if keyid in root.keys}
    if role.threshold < ROOT_THRESHOLD or len(different) < role.threshold:
        raise DirectoryRefused(
            f"root version {root.version}: {role.threshold} of {len(different)} keys can change it, "
            f"{ROOT_THRESHOLD} are required"
        )


def _stated(publics: RolePublics, *, version: int, expires: datetime) -> Root:
    root = Root(version=version, expires=expires, consistent_snapshot=True)
    holders = {
        "root": publics.root,
        "targets": (publics.targets,),
        "snapshot": (publics.snapshot,),
        "timestamp": (publics.timestamp,),
    }
    for role in TOP_LEVEL_ROLE_NAMES:
        root.roles[role] = Role([], ROOT_THRESHOLD if role == Root.type else 1)
        for public in holders[role]:
            root.add_key(role_key(public), role)
    return root


def _root(data: bytes) -> Root:
    signed = role_of("root", data).signed
    if not isinstance(signed, Root):
        raise DirectoryRefused(f"root: {signed.type} instead")
    return signed


def _pending(data: bytes | None, wanted: Root) -> Metadata[Root] | None:
    if data is None:
        return None
    metadata: Metadata[Root] = role_of("root", data)
    return metadata if _same(metadata.signed, wanted) and metadata.signed.version == wanted.version else None


def _same(one: Root, other: Root) -> bool:
    return one.keys == other.keys and one.roles == other.roles
