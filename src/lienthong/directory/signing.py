"""The keys that sign the directory: who holds which role, and private halves in encrypted files.

Root keys belong to at least three people and stay offline; two of three sign. The key of ``targets``
admits organs and names branches, a branch's key signs for its organs; ``snapshot`` and ``timestamp`` work
where the directory is published. All are Ed25519 (RFC 8032), the private halves PKCS#8 in PEM, encrypted
with a passphrase.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from lienthong.directory.errors import RoleKeyError, SourceInvalid
from lienthong.directory.published import branch_role
from lienthong.kernel.files import write_atomically

ROOT_KEYS: Final = 3
ROOT_THRESHOLD: Final = 2
ONLINE: Final = ("targets", "snapshot", "timestamp")
MIN_PASSPHRASE: Final = 12
ROLES_FILE: Final = "roles.json"

type PublicHex = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
"""An Ed25519 public key in hexadecimal."""


class RolePublics(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who holds which role: ``roles.json`` in the source folder."""

    root: tuple[PublicHex, ...]
    targets: PublicHex
    snapshot: PublicHex
    timestamp: PublicHex
    # Code of a branch → its key.
    branches: dict[str, PublicHex]

    def __post_init__(self) -> None:
        """Refuse a root that fewer than three people hold, and one key for two roles."""
        if len(self.root) < ROOT_KEYS:
            raise ValueError(f"root needs {ROOT_KEYS} keys of different people, not {len(self.root)}")
        every = [*self.root, self.targets, self.snapshot, self.timestamp, *self.branches.values()]
        if len(set(every)) != len(every):
            raise ValueError("every role needs a key of its own")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleKeys:
    """The private keys at hand; a role whose key is elsewhere is None or missing."""

    root: tuple[CryptoSigner, ...] = ()
    targets: CryptoSigner | None = None
    snapshot: CryptoSigner | None = None
    timestamp: CryptoSigner | None = None
    branches: Mapping[str, CryptoSigner]
    # Keys that hold no role any more; those of the last root countersign the next one.
    retired: tuple[CryptoSigner, ...] = ()

    @classmethod
    def generate(cls, branches: Iterable[str]) -> "RoleKeys":
        """Make new keys for every role, three for root."""
        return cls(
            root=tuple(new_signer() for _ in range(ROOT_KEYS)),
            targets=new_signer(),
            snapshot=new_signer(),
            timestamp=new_signer(),
            branches={code: new_signer() for code in branches},
        )

    def publics(self) -> RolePublics:
        """Return who holds which role, for a complete set of keys.

        Raises:
            RoleKeyError: a key is missing.
        """
        try:
            return RolePublics(
                root=tuple(map(public_hex, self.root)),
                targets=public_hex(needed(self.targets, "targets")),
                snapshot=public_hex(needed(self.snapshot, "snapshot")),
                timestamp=public_hex(needed(self.timestamp, "timestamp")),
                branches={code: public_hex(signer) for code, signer in self.branches.items()},
            )
        except ValueError as error:
            raise RoleKeyError(str(error)) from error

    def save(self, folder: Path, passphrase: str) -> None:
        """Write every key at hand into an encrypted file of its own (mode 0600).

        Raises:
            RoleKeyError: the passphrase is too short, or a file is there already.
            OSError: the folder cannot be written.
        """
        for number, signer in enumerate(self.root, start=1):
            save_signer(folder / f"root-{number}.pem", signer, passphrase)
        for role in ONLINE:
            signer = getattr(self, role)
            if signer is not None:
                save_signer(folder / f"{role}.pem", signer, passphrase)
        for code, signer in self.branches.items():
            save_signer(folder / f"{branch_role(code)}.pem", signer, passphrase)

    @classmethod
    def load(cls, folder: Path, publics: RolePublics, passphrase: Callable[[], str]) -> "RoleKeys":
        """Read the keys in a folder.

        Args:
            folder: where the ``*.pem`` files are; keys that hold no role are taken for retired ones.
            publics: who holds which role.
            passphrase: asked for once, if there is any key to open.

        Raises:
            RoleKeyError: a file cannot be opened with that passphrase.
        """
        paths = sorted(folder.glob("*.pem"))
        secret = passphrase() if paths else ""
        held = {public_hex(signer): signer for signer in (load_signer(path, secret) for path in paths)}
        roles = {*publics.root, publics.targets, publics.snapshot, publics.timestamp, *publics.branches.values()}
        return cls(
            root=tuple(held[public] for public in publics.root if public in held),
            targets=held.get(publics.targets),
            snapshot=held.get(publics.snapshot),
            timestamp=held.get(publics.timestamp),
            branches={code: held[public] for code, public in publics.branches.items() if public in held},
            retired=tuple(signer for public, signer in held.items() if public not in roles),
        )


def new_signer() -> CryptoSigner:
    """Make a role key."""
    return CryptoSigner.generate_ed25519()


def needed(signer: CryptoSigner | None, role: str) -> CryptoSigner:
    """Return the key of a role.

    Raises:
        RoleKeyError: it is not at hand.
    """
    if signer is None:
        raise RoleKeyError(f"the key of {role} is not here", hint="Run this where the key is kept, or name its folder.")
    return signer


def public_hex(signer: CryptoSigner) -> str:
    """Return a signer's public key in hexadecimal."""
    return str(signer.public_key.keyval["public"])


def role_key(public: str) -> SSlibKey:
    """Return a public key as TUF metadata hold it; its id is a digest of the key."""
    return SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)))


def save_signer(path: Path, signer: CryptoSigner, passphrase: str) -> None:
    """Write a private key into an encrypted file (mode 0600).

    Raises:
        RoleKeyError: the passphrase is too short, or the file is there already.
        OSError: it cannot be written.
    """
    if len(passphrase) < MIN_PASSPHRASE:
        raise RoleKeyError(
            f"a passphrase of {len(passphrase)} characters", hint=f"Take at least {MIN_PASSPHRASE} characters."
        )
    if path.exists():
        raise RoleKeyError(f"{path} is there already", hint="Move it away first; a lost role key cannot be made again.")
    key = load_pem_private_key(signer.private_bytes, None)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(
        path,
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())),
    )


def load_signer(path: Path, passphrase: str) -> CryptoSigner:
    """Read a private key.

    Raises:
        RoleKeyError: another passphrase, not an encrypted Ed25519 key, or open to other users.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise RoleKeyError(f"{path} is open to other users", hint=f"Find out who read it, then: chmod 600 {path}")
        key = load_pem_private_key(path.read_bytes(), passphrase.encode())
    except (ValueError, TypeError, OSError):
        # The reasons that cryptography gives may quote the file's content.
        raise RoleKeyError(str(path)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise RoleKeyError(f"{path} is not an Ed25519 key")
    return CryptoSigner(key)


def read_publics(folder: Path) -> RolePublics:
    """Read ``roles.json`` of a source folder.

    Raises:
        SourceInvalid: missing or malformed.
    """
    path = folder / ROLES_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=RolePublics)
    except OSError as error:
        raise SourceInvalid(f"{path}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SourceInvalid(f"{path}: {error}") from error


def write_publics(folder: Path, publics: RolePublics) -> None:
    """Write ``roles.json`` of a source folder.

    Raises:
        OSError: it cannot be written.
    """
    text = msgspec.json.format(msgspec.json.encode(publics, order="sorted"), indent=2) + b"\n"
    write_atomically(folder / ROLES_FILE, text, mode=0o644)
