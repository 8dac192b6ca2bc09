"""Keys, JWTs and credential files of NATS clients.

Formats: github.com/nats-io/nkeys and github.com/nats-io/jwt (version 2); checked in tests against the real
server. Seeds appear in no text but that of the file.
"""

import base64
import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import nkeys

from lienthong.exchange.transport.errors import CredentialInvalid
from lienthong.kernel.clock import SECOND, Millis

_MAX_SIZE: Final = 64 * 1024
_CREDS: Final = re.compile(
    r"-----BEGIN NATS USER JWT-----\n(?P<jwt>[\w.-]+)\n-+END NATS USER JWT-+\n.*?"
    r"-----BEGIN USER NKEY SEED-----\n(?P<seed>[A-Z2-7]+)\n-+END USER NKEY SEED-+\s*\Z",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Key:
    """A pair of keys. Its text never shows the seed."""

    public: str
    seed: bytes = field(repr=False)

    @classmethod
    def create(cls, prefix: int) -> Self:
        """Make a new pair; the prefix says whose (``nkeys.PREFIX_BYTE_…``)."""
        return cls.load(nkeys.encode_seed(os.urandom(32), prefix))

    @classmethod
    def load(cls, seed: bytes) -> Self:
        """Read a seed.

        Raises:
            CredentialInvalid: not a seed.
        """
        try:
            return cls(nkeys.from_seed(seed).public_key.decode(), seed)
        except (nkeys.NkeysError, ValueError):
            raise CredentialInvalid("a seed") from None

    def sign(self, data: bytes) -> bytes:
        """Sign (Ed25519)."""
        signature: bytes = nkeys.from_seed(self.seed).sign(data)
        return signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What one client signs in with: its JWT and the key that proves it is its own."""

    jwt: str
    key: Key
    # Names the inbox that the permissions allow.
    site: str

    def text(self) -> str:
        """Write the usual ``.creds`` file."""
        return (
            f"-----BEGIN NATS USER JWT-----\n{self.jwt}\n------END NATS USER JWT------\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{self.key.seed.decode()}\n------END USER NKEY SEED------\n"
        )

    def write(self, path: Path) -> None:
        """Write the file for its owner only (0600), whole or not at all.

        Raises:
            CredentialInvalid: it cannot be written.
        """
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w") as file:
                os.fchmod(descriptor, 0o600)
                file.write(self.text())
                file.flush()
                os.fsync(descriptor)
            temporary.replace(path)
        except OSError as error:
            raise CredentialInvalid(f"{path}: {error.strerror}") from None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read such a file.

        Raises:
            CredentialInvalid: missing, readable by others, or not such a file.
        """
        try:
            with path.open() as file:
                if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise CredentialInvalid(f"{path} is open to other users of this machine")
                return cls.parse(file.read(_MAX_SIZE))
        except (OSError, UnicodeDecodeError) as error:
            raise CredentialInvalid(f"{path}: {error}") from None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of such a file.

        Raises:
            CredentialInvalid: not such a text. Nothing of it appears in the error.
        """
        found = _CREDS.search(text)
        if not found:
            raise CredentialInvalid("not a NATS credentials file")
        key = Key.load(found["seed"].encode())
        claims = claims_of(found["jwt"])
        if claims.get("sub") != key.public:
            raise CredentialInvalid("its JWT is for another key")
        tags = [tag.partition(":") for tag in claims.get("nats", {}).get("tags", [])]
        site = next((value for name, _, value in tags if name == "site"), "")
        return cls(jwt=found["jwt"], key=key, site=site)


def claims_of(jwt: str) -> dict[str, Any]:
    """Return the claims of a JWT, unverified: for display and for finding one's own name.

    Raises:
        CredentialInvalid: not a JWT.
    """
    try:
        _, body, _ = jwt.split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except ValueError:
        raise CredentialInvalid("a JWT") from None
    if not isinstance(claims, dict):
        raise CredentialInvalid("a JWT")
    return claims


def encode(  # noqa: PLR0913 - the claims of a JWT by keyword
    issuer: Key, *, subject: Key, name: str, at: Millis, nats: Mapping[str, Any], lifetime: Millis = 0
) -> str:
    """Make a JWT in NATS's own form (version 2, ``ed25519-nkey``).

    Args:
        issuer: signs it.
        subject: whom it is about.
        name: for people.
        at: the time of issue.
        nats: the claims of its type.
        lifetime: milliseconds; 0 for no end.
    """
    claims = {"iat": at // SECOND, "iss": issuer.public, "name": name, "sub": subject.public, "nats": nats}
    if lifetime:
        claims["exp"] = (at + lifetime) // SECOND
    claims["jti"] = base64.b32encode(hashlib.sha256(_json(claims)).digest()).decode().rstrip("=")
    signed = b".".join([_base64(_json({"typ": "JWT", "alg": "ed25519-nkey"})), _base64(_json(claims))])
    return (signed + b"." + _base64(issuer.sign(signed))).decode()


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
