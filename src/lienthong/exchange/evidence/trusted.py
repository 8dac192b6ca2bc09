"""The directory as a judge uses it: verified from one root, asked for keys as they were at a time."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lienthong.directory.cache import Cache
from lienthong.directory.client import end_of_term, verify
from lienthong.directory.errors import DirectoryError, DirectoryMissing
from lienthong.directory.indexing import Indexer
from lienthong.directory.published import MAX_BUNDLE, Published, role_of
from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.evidence.errors import KeyNotOwned, RootInvalid
from lienthong.kernel.clock import SECOND, Millis
from lienthong.kernel.identifiers import OrganId
from lienthong.trust.cose import Resolve
from lienthong.trust.errors import KeyUnknown
from lienthong.trust.header import Header
from lienthong.trust.keys import PublicKey
from lienthong.trust.seal import sender_organ


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A version of the directory that verified from the root."""

    published: Published
    snapshot: Snapshot

    @classmethod
    def of(cls, published: Published, *, root: bytes, at: Millis) -> Self:
        """Verify a version, whole or in part.

        One whose term is over is judged as of its end: it says what held until then. Whether that reaches as
        far as a piece of evidence is to be asked of the snapshot.

        Args:
            published: the files.
            root: root metadata that is trusted already.
            at: the time to judge by, milliseconds UTC.

        Raises:
            DirectoryError: it is not what the keys under that root signed.
        """
        judged = min(at, end_of_term(published) - SECOND)
        verified = verify(published, root=root, at=judged, partial=True)
        return cls(published=published, snapshot=Indexer().snapshot(verified.facts))

    def sealing_key(self, kid: bytes, header: Header) -> PublicKey:
        """Return the key of that id, which must be one of the sender's.

        Raises:
            KeyNotOwned: it is somebody else's.
            KeyUnknown: it is nobody's.
            SealInvalid: the sender's identifier is malformed.
        """
        return self._key(kid, sender_organ(header))

    def site_keys(self, site: str) -> Resolve:
        """Return what finds the keys of a site by their ids; it raises as ``sealing_key`` does."""
        return lambda kid: self._key(kid, site)

    def _key(self, kid: bytes, of: OrganId | str) -> PublicKey:
        owner = self.snapshot.key(kid, of=of)
        if owner is not None:
            return owner.key
        other = self.snapshot.key(kid)
        if other is None:
            raise KeyUnknown(f"{kid.hex()} is not a key of {of}")
        raise KeyNotOwned(f"{kid.hex()} is a key of {other.organ or other.site}, not of {of}")


def read_root(path: Path) -> bytes:
    """Read root metadata.

    Raises:
        RootInvalid: missing, or something else.
    """
    try:
        data = path.read_bytes()
        kind = role_of("root", data).signed.type
    except OSError as error:
        raise RootInvalid(f"{path}: {error.strerror}") from error
    except DirectoryError as error:
        raise RootInvalid(f"{path} is not root metadata") from error
    if kind != "root":
        raise RootInvalid(f"{path} is the role {kind}")
    return data


def fingerprint(root: bytes) -> str:
    """Return what two people compare to know that they trust the same root: SHA-256 in groups of four."""
    digest = hashlib.sha256(root).hexdigest()
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def read_directory(path: Path) -> Published:
    """Read a directory, unverified: a gateway's copy, a folder that a web server serves, or a bundle.

    Raises:
        DirectoryMissing: there is none.
        DirectoryRefused: it is damaged.
        DirectoryError: it cannot be read.
    """
    if (path / "metadata").is_dir():
        return Published.load(path)
    if path.is_dir():
        cached = Cache(path).load()
        if cached is None:
            raise DirectoryMissing(str(path))
        return cached.published
    try:
        with path.open("rb") as file:
            return Published.from_bytes(file.read(MAX_BUNDLE + 1))
    except OSError as error:
        raise DirectoryMissing(f"{path}: {error.strerror}", hint="Name the directory with --directory.") from error
