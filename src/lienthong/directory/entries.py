"""How the directory is written down: the JSON of the source folder and of the published files.

Everything is text a person can read and compare. Unknown fields are refused: a reader that skipped a
condition it does not know would read a grant wider than it was given.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, cast

import msgspec

from lienthong.kernel.clock import from_datetime, to_datetime
from lienthong.trust.keys import Algorithm, PublicKey

type Token = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9-]{1,32}\Z")]
"""A word of the carrier's subjects: branch, site, organ."""
# No controls, no invisible characters, none that turn the direction of writing: names are shown to people.
_SHOWN: Final = r"\A[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*\Z"

type Name = Annotated[str, msgspec.Meta(min_length=1, max_length=300, pattern=_SHOWN)]
"""What people call it, in the instance's own language."""
type Title = Annotated[str, msgspec.Meta(max_length=300, pattern=_SHOWN)]
"""What people call a service; may be empty."""
type Code = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
"""The last part of a subsystem's, a service's or a topic's identifier, decoded."""
type Id = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
"""An identifier in text, parts percent-encoded."""
type Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""ISO 8601 with a zone."""
type AlgorithmName = Literal["ES256", "EDDSA", "ML_DSA_65", "HPKE_4_KE", "HPKE_MLKEM768_X25519_KE"]
type SchemaName = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[1-9][0-9]{0,5}\Z")]
"""What an event's data are, with the version of that description."""
type ServiceType = Literal["REST", "OPENAPI", "SOAP"]

# Bytes of `PublicKey.public`.
_SIZES: Final[dict[AlgorithmName, int]] = {
    "ES256": 33,
    "EDDSA": 32,
    "ML_DSA_65": 1952,
    "HPKE_4_KE": 32,
    "HPKE_MLKEM768_X25519_KE": 1216,
}


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="kebab"):
    pass


class KeyEntry(_Entry, frozen=True, kw_only=True, gc=False):
    """A public key. A key that ends is kept with its end, so that old seals can still be checked."""

    algorithm: AlgorithmName
    # In JSON as base64; sizes as in `PublicKey.public`.
    public: bytes
    not_before: Moment
    not_after: Moment
    revoked_at: Moment | None = None

    def __post_init__(self) -> None:
        """Refuse a key of the wrong size, and a term that ends before it begins."""
        size = _SIZES[self.algorithm]
        if len(self.public) != size:
            raise ValueError(f"a key of {len(self.public)} bytes where {self.algorithm} has {size}")
        if self.not_before >= self.not_after:
            raise ValueError("the key's term ends before it begins")

    def value(self) -> PublicKey:
        """Return the key as the rest of the platform uses it."""
        return PublicKey(
            Algorithm[self.algorithm],
            self.public,
            from_datetime(self.not_before),
            from_datetime(self.not_after),
            None if self.revoked_at is None else from_datetime(self.revoked_at),
        )


class SubsystemEntry(_Entry, frozen=True, kw_only=True, gc=False):
    """An information system of an organ."""

    code: Code
    name: Name
    ceiling: str
    active: bool = True
    # Its own: grants of its services and topics name them as ``local-group:CODE``, its mail as ``local:CODE``.
    groups: Annotated[
        dict[Token, Annotated[tuple[Id, ...], msgspec.Meta(max_length=4096)]], msgspec.Meta(max_length=64)
    ] = {}


class GrantEntry(_Entry, frozen=True, kw_only=True, gc=False):
    """Who may call a service, and how."""

    # An organ, a subsystem, ``group:CODE`` of the centre, ``local-group:CODE`` of the subsystem that offers the
    # service, or ``*`` for every client.
    to: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    # Empty: all methods.
    methods: tuple[Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{1,16}\Z")], ...] = ()
    path: Annotated[str, msgspec.Meta(pattern=r"\A/", max_length=1024)] = "/**"
    # Empty: any purpose.
    purposes: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...] = ()


class ServiceEntry(_Entry, frozen=True, kw_only=True, gc=False):
    """A service of an information system."""

    subsystem: Code
    code: Code
    type: ServiceType = "REST"
    title: Title = ""
    label: str = "internal"
    grants: tuple[GrantEntry, ...] = ()


class TopicGrantEntry(_Entry, frozen=True, kw_only=True, gc=False):
    """Who may read a topic."""

    # As of a ``GrantEntry``; ``local-group:CODE`` is one of the subsystem that publishes.
    to: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    # Empty: any purpose.
    purposes: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...] = ()


class TopicEntry(_Entry, frozen=True, kw_only=True, gc=False):
    """A topic on which an information system publishes events."""

    subsystem: Code
    code: Code
    title: Title = ""
    # Names with versions, such as ``person-moved/2``; empty: any.
    schemas: tuple[SchemaName, ...] = ()
    label: str = "internal"
    # For how many days its events can be read again.
    keep_days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 30
    grants: tuple[TopicGrantEntry, ...] = ()


class OrganEntry(_Entry, frozen=True, kw_only=True, gc=False):
    """An organ with everything it answers for."""

    id: Id
    token: Token
    name: Name
    # The gateway that serves it.
    site: Token
    ceiling: str = "internal"
    active: bool = True
    parent: Id | None = None
    keys: tuple[KeyEntry, ...] = ()
    subsystems: tuple[SubsystemEntry, ...] = ()
    services: tuple[ServiceEntry, ...] = ()
    topics: tuple[TopicEntry, ...] = ()


class SiteEntry(_Entry, frozen=True, kw_only=True, gc=False):
    """A gateway, with the keys that seal its journal's checkpoints."""

    code: Token
    name: Name
    keys: tuple[KeyEntry, ...] = ()


class BranchEntry(_Entry, frozen=True, kw_only=True, gc=False):
    """What one branch signs for: ``branches/<code>.json``."""

    name: Name
    sites: tuple[SiteEntry, ...] = ()
    organs: tuple[OrganEntry, ...] = ()


class InstanceEntry(_Entry, frozen=True, kw_only=True, gc=False):
    """``instance.toml``."""

    instance: Code
    # The package of words and units, or ``none``.
    profile: str = "none"
    # Days for which a gateway without connection trusts its copy.
    offline_days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 3
    # Days after these in which known grants go on.
    grace_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 3


class CommonFile(_Entry, frozen=True, kw_only=True, gc=False):
    """``common.json`` as published, signed by the centre."""

    format: Literal[1]
    instance: InstanceEntry
    groups: dict[Token, tuple[Id, ...]]
    branches: dict[Token, Name]


class RegisterFile(_Entry, frozen=True, kw_only=True, gc=False):
    """``register/<branch>.json`` as published, signed by the centre: whom it admits in that branch."""

    format: Literal[1]
    # Identifier of an organ → its token on the carrier.
    organs: dict[Id, Token]
    sites: tuple[Token, ...]


class ShardFile(_Entry, frozen=True, kw_only=True, gc=False):
    """``branch/<branch>/<nn>.json`` as published, signed by the branch."""

    format: Literal[1]
    sites: tuple[SiteEntry, ...] = ()
    organs: tuple[OrganEntry, ...] = ()


_ENCODER: Final = msgspec.json.Encoder(order="sorted")


def encode(entry: msgspec.Struct) -> bytes:
    """Return an entry's compact JSON; one value has one encoding."""
    return _ENCODER.encode(entry)


def key_entry(key: PublicKey) -> KeyEntry:
    """Write down a key."""
    return KeyEntry(
        algorithm=cast("AlgorithmName", key.algorithm.name),
        public=key.public,
        not_before=to_datetime(key.not_before),
        not_after=to_datetime(key.not_after),
        revoked_at=None if key.revoked_at is None else to_datetime(key.revoked_at),
    )
