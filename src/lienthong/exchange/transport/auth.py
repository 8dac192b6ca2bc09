"""Credentials for the carrier: NATS operator, account and user JWTs (version 2), made without a server.

The operator signs the account; the account names one *scoped* signing key per role, whose template limits
whatever credential is signed with it. So a site's credential holds nothing but its tags, and adding a site
changes nothing on the server. Format: github.com/nats-io/jwt; checked in tests against the real server.
"""

import base64
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import nkeys

from lienthong.exchange.transport.errors import CredentialInvalid
from lienthong.exchange.transport.permissions import ANSWER_SECONDS, TEMPLATES, Permissions, Role, tags_of
from lienthong.kernel.clock import SECOND, Clock, Millis
from lienthong.trust.private_file import PrivateFile

_KIND: Final = b"lienthong nats operator 1\n"
_MAX_SIZE: Final = 16 * 1024 * 1024
_UNLIMITED: Final = -1
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


@dataclass(slots=True, kw_only=True)
class Operator:
    """Everything that issues credentials: keep it offline, or with the centre. ``save`` and ``load`` it."""

    key: Key
    system: Key
    account: Key
    roles: Mapping[Role, Key]
    # Public key of a revoked user → seconds since 1970; what was issued until then is refused.
    revoked: dict[str, int] = field(default_factory=dict)

    @classmethod
    def create(cls) -> Self:
        """Make an operator with a system account and the exchange's account."""
        return cls(
            key=Key.create(nkeys.PREFIX_BYTE_OPERATOR),
            system=Key.create(nkeys.PREFIX_BYTE_ACCOUNT),
            account=Key.create(nkeys.PREFIX_BYTE_ACCOUNT),
            roles={role: Key.create(nkeys.PREFIX_BYTE_ACCOUNT) for role in Role},
        )

    def save(self, path: Path) -> None:
        """Write all seeds to a new file for its owner only.

        Raises:
            KeyStoreError: it is there already or cannot be written.
        """
        PrivateFile(path, kind=_KIND, max_size=_MAX_SIZE).create(self._to_bytes())

    def update(self, path: Path) -> None:
        """Replace the file, after a revocation.

        Raises:
            KeyStoreError: it is missing or cannot be written.
        """
        file = PrivateFile(path, kind=_KIND, max_size=_MAX_SIZE)
        file.read()
        file.replace(self._to_bytes())

    def _to_bytes(self) -> bytes:
        seeds = {"operator": self.key, "system": self.system, "account": self.account, **self.roles}
        return json.dumps(
            {"seeds": {str(name): key.seed.decode() for name, key in seeds.items()}, "revoked": self.revoked}
        ).encode()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            KeyStoreError: missing, readable by others or damaged.
        """
        data = json.loads(PrivateFile(path, kind=_KIND, max_size=_MAX_SIZE).read())
        keys = {name: Key.load(seed.encode()) for name, seed in data["seeds"].items()}
        return cls(
            key=keys["operator"],
            system=keys["system"],
            account=keys["account"],
            roles={role: keys[role] for role in Role},
            revoked=data["revoked"],
        )

    def jwt(self, clock: Clock) -> str:
        """Return the operator's own JWT, for the server's configuration."""
        return _encode(
            self.key,
            sub=self.key.public,
            name="lienthong",
            clock=clock,
            nats={"type": "operator", "version": 2, "system_account": self.system.public},
        )

    def accounts(self, clock: Clock) -> dict[str, str]:
        """Return the JWTs of both accounts by public key, for the server's resolver."""
        return {self.system.public: self._system_jwt(clock), self.account.public: self.account_jwt(clock)}

    def account_jwt(self, clock: Clock) -> str:
        """Return the exchange account's JWT: limits, scoped signing keys, revocations."""
        scopes = [_scope(role, key) for role, key in self.roles.items()]
        nats = _account(streaming=_UNLIMITED) | {"signing_keys": scopes, "revocations": self.revoked}
        return _encode(self.key, sub=self.account.public, name="exchange", clock=clock, nats=nats)

    def _system_jwt(self, clock: Clock) -> str:
        # JetStream is not for the system account; the server refuses to start with it.
        return _encode(self.key, sub=self.system.public, name="system", clock=clock, nats=_account(streaming=0))

    def issue(
        self, role: Role, site: str, branches: Iterable[str] = (), *, clock: Clock, lifetime: Millis
    ) -> Credential:
        """Make a credential.

        Args:
            role: what for.
            site: the gateway's code, or any name for the other roles.
            branches: the branches of the organs it hosts.
            clock: the time of issue.
            lifetime: milliseconds until the server disconnects it.

        Raises:
            CredentialInvalid: a malformed code.
        """
        tags = [f"{name}:{value}" for name, value in tags_of(site, branches)]
        nats = {"type": "user", "version": 2, "issuer_account": self.account.public, "tags": tags}
        return self._user(self.roles[role], site=site, nats=nats, clock=clock, lifetime=lifetime)

    def issue_system(self, *, clock: Clock, lifetime: Millis) -> Credential:
        """Make a credential for the system account, which may replace account JWTs: guard it like this object."""
        nats = {"type": "user", "version": 2, "subs": _UNLIMITED, "data": _UNLIMITED, "payload": _UNLIMITED}
        return self._user(self.system, site="system", nats=nats, clock=clock, lifetime=lifetime)

    @staticmethod
    def _user(issuer: Key, *, site: str, nats: Mapping[str, Any], clock: Clock, lifetime: Millis) -> Credential:
        key = Key.create(nkeys.PREFIX_BYTE_USER)
        expires = (clock.now() + lifetime) // SECOND
        jwt = _encode(issuer, sub=key.public, name=site, clock=clock, nats=nats, expires=expires)
        return Credential(jwt=jwt, key=key, site=site)

    def revoke(self, user: str, *, clock: Clock) -> None:
        """Refuse a user's (public key's) credentials issued until now; takes effect with the next account JWT."""
        self.revoked[user] = clock.now() // SECOND


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


def _account(*, streaming: int) -> dict[str, Any]:
    unlimited = ("subs", "data", "payload", "imports", "exports", "conn", "leaf")
    stored = ("mem_storage", "disk_storage", "streams", "consumer")
    return {
        "type": "account",
        "version": 2,
        "limits": dict.fromkeys(unlimited, _UNLIMITED) | dict.fromkeys(stored, streaming) | {"wildcards": True},
        "default_permissions": {"pub": {}, "sub": {}},
    }


def _scope(role: Role, key: Key) -> dict[str, Any]:
    return {"kind": "user_scope", "key": key.public, "role": str(role), "template": _template(TEMPLATES[role])}


def _template(permissions: Permissions) -> dict[str, Any]:
    template: dict[str, Any] = {
        "pub": {"allow": list(permissions.publish)},
        "sub": {"allow": list(permissions.subscribe)},
        **dict.fromkeys(("subs", "data", "payload"), _UNLIMITED),
    }
    if permissions.answer:
        template["resp"] = {"max": 1, "ttl": ANSWER_SECONDS * 10**9}
    return template


def _encode(
    issuer: Key, *, sub: str, name: str, clock: Clock, nats: Mapping[str, Any], expires: Millis | None = None
) -> str:
    claims = {"iat": clock.now() // SECOND, "iss": issuer.public, "name": name, "sub": sub, "nats": nats}
    if expires is not None:
        claims["exp"] = expires
    claims["jti"] = base64.b32encode(hashlib.sha256(_json(claims)).digest()).decode().rstrip("=")
    signed = b".".join([_base64(_json({"typ": "JWT", "alg": "ed25519-nkey"})), _base64(_json(claims))])
    return (signed + b"." + _base64(issuer.sign(signed))).decode()


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
