"""Credentials for the carrier: NATS operator, account and user JWTs (version 2), made without a server.

The operator signs the account; the account names one *scoped* signing key per role, whose template limits
whatever credential is signed with it. So a site's credential holds nothing but its tags, and adding a site
changes nothing on the server. Format: github.com/nats-io/jwt; checked in tests against the real server.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import nkeys

from lienthong.exchange.transport.base import REPLIES
from lienthong.exchange.transport.credentials import Credential, Key, encode
from lienthong.exchange.transport.permissions import (
    ANSWER_SECONDS,
    SHARED,
    TEMPLATES,
    Permissions,
    Role,
    tags_of,
)
from lienthong.kernel.clock import SECOND, Clock, Millis
from lienthong.trust.private_file import PrivateFile

_KIND: Final = b"lienthong nats operator 1\n"
_MAX_SIZE: Final = 16 * 1024 * 1024
_UNLIMITED: Final = -1


@dataclass(slots=True, kw_only=True)
class Operator:
    """Everything that issues credentials: keep it offline, or with the centre. ``save`` and ``load`` it."""

    key: Key
    system: Key
    # The exchange: sites, mail, large contents.
    account: Key
    # The directory, in an account of its own: see ``permissions``.
    directory: Key
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
            directory=Key.create(nkeys.PREFIX_BYTE_ACCOUNT),
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
        keys = {"operator": self.key, "system": self.system, "account": self.account, "directory": self.directory}
        keys |= {str(role): key for role, key in self.roles.items()}
        seeds = {name: key.seed.decode() for name, key in keys.items()}
        return json.dumps({"seeds": seeds, "revoked": self.revoked}).encode()

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
            directory=keys["directory"],
            roles={role: keys[role] for role in Role},
            revoked=data["revoked"],
        )

    def jwt(self, clock: Clock) -> str:
        """Return the operator's own JWT, for the server's configuration."""
        nats = {"type": "operator", "version": 2, "system_account": self.system.public}
        return encode(self.key, subject=self.key, name="lienthong", at=clock.now(), nats=nats)

    def accounts(self, clock: Clock) -> dict[str, str]:
        """Return the JWTs of all accounts by public key, for the server's resolver."""
        exchange = _account(streaming=_UNLIMITED) | {"imports": [self._import(*each) for each in SHARED]}
        directory = _account(streaming=_UNLIMITED) | {"exports": [_export(*each) for each in SHARED]}
        return {
            # JetStream is not for the system account; the server refuses to start with it.
            self.system.public: self._account_jwt("system", self.system, _account(streaming=0), clock),
            self.account.public: self._account_jwt("exchange", self.account, exchange, clock),
            self.directory.public: self._account_jwt("directory", self.directory, directory, clock),
        }

    def _account_jwt(self, name: str, account: Key, nats: dict[str, Any], clock: Clock) -> str:
        scopes = [_scope(role, key) for role, key in self.roles.items() if self._account_of(role) is account]
        nats |= {"signing_keys": scopes, "revocations": self.revoked}
        return encode(self.key, subject=account, name=name, at=clock.now(), nats=nats)

    def _account_of(self, role: Role) -> Key:
        return self.directory if role is Role.PUBLISHER else self.account

    def _import(self, kind: str, subject: str) -> dict[str, Any]:
        return {"name": subject, "subject": subject, "type": kind, "account": self.directory.public}

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
        nats = {"type": "user", "version": 2, "issuer_account": self._account_of(role).public, "tags": tags}
        return self._user(self.roles[role], site=site, nats=nats, clock=clock, lifetime=lifetime)

    def issue_system(self, *, clock: Clock, lifetime: Millis) -> Credential:
        """Make a credential for the system account, which may replace account JWTs: guard it like this object."""
        nats = {"type": "user", "version": 2, "subs": _UNLIMITED, "data": _UNLIMITED, "payload": _UNLIMITED}
        return self._user(self.system, site="system", nats=nats, clock=clock, lifetime=lifetime)

    @staticmethod
    def _user(issuer: Key, *, site: str, nats: Mapping[str, Any], clock: Clock, lifetime: Millis) -> Credential:
        key = Key.create(nkeys.PREFIX_BYTE_USER)
        jwt = encode(issuer, subject=key, name=site, at=clock.now(), nats=nats, lifetime=lifetime)
        return Credential(jwt=jwt, key=key, site=site)

    def revoke(self, user: str, *, clock: Clock) -> None:
        """Refuse a user's (public key's) credentials issued until now; takes effect with the next account JWT."""
        self.revoked[user] = clock.now() // SECOND


def _account(*, streaming: int) -> dict[str, Any]:
    unlimited = ("subs", "data", "payload", "imports", "exports", "conn", "leaf")
    stored = ("mem_storage", "disk_storage", "streams", "consumer")
    return {
        "type": "account",
        "version": 2,
        "limits": dict.fromkeys(unlimited, _UNLIMITED) | dict.fromkeys(stored, streaming) | {"wildcards": True},
        "default_permissions": {"pub": {}, "sub": {}},
    }


def _export(kind: str, subject: str) -> dict[str, Any]:
    return {"name": subject, "subject": subject, "type": kind}


def _scope(role: Role, key: Key) -> dict[str, Any]:
    return {"kind": "user_scope", "key": key.public, "role": str(role), "template": _template(TEMPLATES[role])}


def _template(permissions: Permissions) -> dict[str, Any]:
    template: dict[str, Any] = {
        "pub": {"allow": list(permissions.publish)},
        "sub": {"allow": list(permissions.subscribe)},
        **dict.fromkeys(("subs", "data", "payload"), _UNLIMITED),
    }
    if permissions.answer:
        template["resp"] = {"max": REPLIES, "ttl": ANSWER_SECONDS * 10**9}
    return template
