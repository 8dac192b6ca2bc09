"""What the directory states, as values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from lienthong.directory.entries import (
    GrantEntry,
    OrganEntry,
    ServiceEntry,
    ServiceType,
    SiteEntry,
    SubsystemEntry,
    TopicEntry,
    TopicGrantEntry,
)
from lienthong.kernel.clock import DAY, Millis
from lienthong.kernel.identifiers import ClientId, OrganId, ServiceId, SubsystemId, TopicId, checked, parse_client
from lienthong.kernel.labels import Label
from lienthong.trust.keys import PublicKey

# A country has a handful of labels and a few hundred codes, each written thousands of times.
_label: Final = lru_cache(maxsize=1024)(Label.parse)
_code: Final = lru_cache(maxsize=16384)(checked)

GROUP: Final = "group:"
LOCAL_GROUP: Final = "local-group:"
_TOKEN: Final = re.compile(r"[a-z0-9-]{1,32}\Z")


def local_group(owner: SubsystemId, code: str) -> str:
    """Return under which name `Snapshot.members_of` has a group of an information system's own."""
    # No code of the centre has a slash: the two cannot be confused.
    return f"{owner}:{code}"


def _to(to: str, owner: SubsystemId) -> str:
    if to.startswith(LOCAL_GROUP):
        return GROUP + local_group(owner, to.removeprefix(LOCAL_GROUP))
    if to.startswith(GROUP) and not _TOKEN.match(to.removeprefix(GROUP)):
        # A branch may sign what it likes, but another's own group is not its to name.
        return ""
    return to


@dataclass(frozen=True, slots=True, kw_only=True)
class Organ:
    """A member of the exchange."""

    id: OrganId
    # Its word in the carrier's subjects.
    token: str
    name: str
    # Who signs for it in the directory; the unit of mailbox streams.
    branch: str
    # The gateway that serves it.
    site: str
    # The highest label it may handle.
    ceiling: Label
    active: bool
    # The organ it answers to.
    parent: OrganId | None
    # All it ever had, ended and revoked ones too.
    keys: tuple[PublicKey, ...]

    @classmethod
    def of(cls, entry: OrganEntry, branch: str) -> "Organ":
        """Read an entry of that branch.

        Raises:
            IdentifierInvalid: a malformed identifier.
            LabelInvalid: a malformed ceiling.
        """
        return cls(
            id=OrganId.parse(entry.id),
            token=entry.token,
            name=entry.name,
            branch=branch,
            site=entry.site,
            ceiling=_label(entry.ceiling),
            active=entry.active,
            parent=None if entry.parent is None else OrganId.parse(entry.parent),
            keys=tuple(key.value() for key in entry.keys),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A gateway."""

    code: str
    name: str
    # Who signs for it; the organs it serves may belong to others.
    branch: str
    # Seal its journal's checkpoints.
    keys: tuple[PublicKey, ...]

    @classmethod
    def of(cls, entry: SiteEntry, branch: str) -> "Site":
        """Read an entry of that branch."""
        return cls(code=entry.code, name=entry.name, branch=branch, keys=tuple(key.value() for key in entry.keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsystem:
    """An information system of an organ."""

    id: SubsystemId
    name: str
    ceiling: Label
    active: bool
    # Its own groups, which grants of its services may name.
    groups: Mapping[str, frozenset[ClientId]] = field(default_factory=dict)

    @classmethod
    def of(cls, entry: SubsystemEntry, organ: OrganId) -> "Subsystem":
        """Read an entry of that organ.

        Raises:
            IdentifierInvalid: a malformed code, or a malformed member of a group.
            LabelInvalid: a malformed ceiling.
        """
        return cls(
            id=SubsystemId(organ.instance, organ.member_class, organ.member, _code(entry.code)),
            name=entry.name,
            ceiling=_label(entry.ceiling),
            active=entry.active,
            groups={code: frozenset(map(parse_client, members)) for code, members in entry.groups.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Who may call a service, and how."""

    # A client's identifier, ``group:`` and what `Snapshot.members_of` takes, or ``*``; empty: nobody.
    to: str
    # Empty: all methods.
    methods: frozenset[str]
    # Pattern of the path behind the service code, such as ``/persons/*`` or ``/**``.
    path: str
    # Empty: any purpose.
    purposes: frozenset[str]

    @classmethod
    def of(cls, entry: GrantEntry, provider: SubsystemId) -> "Grant":
        """Read an entry of a service of that information system."""
        return cls(
            to=_to(entry.to, provider),
            methods=frozenset(entry.methods),
            path=entry.path,
            purposes=frozenset(entry.purposes),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of an information system."""

    id: ServiceId
    type: ServiceType
    title: str
    # What is asked and answered carries at least this label.
    label: Label
    grants: tuple[Grant, ...]

    @classmethod
    def of(cls, entry: ServiceEntry, organ: OrganId) -> "Service":
        """Read an entry of that organ.

        Raises:
            IdentifierInvalid: a malformed code.
            LabelInvalid: a malformed label.
        """
        id_ = ServiceId(organ.instance, organ.member_class, organ.member, _code(entry.subsystem), _code(entry.code))
        return cls(
            id=id_,
            type=entry.type,
            title=entry.title,
            label=_label(entry.label),
            grants=tuple(Grant.of(grant, id_.provider) for grant in entry.grants),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicGrant:
    """Who may read a topic."""

    # As of a ``Grant``.
    to: str
    # Empty: any purpose.
    purposes: frozenset[str]

    @classmethod
    def of(cls, entry: TopicGrantEntry, owner: SubsystemId) -> "TopicGrant":
        """Read an entry of a topic of that information system."""
        return cls(to=_to(entry.to, owner), purposes=frozenset(entry.purposes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic of an information system."""

    id: TopicId
    title: str
    # What events may be, such as ``person-moved/2``; empty: anything.
    schemas: frozenset[str]
    # What every event carries.
    label: Label
    # Milliseconds for which events can be read again.
    term: Millis
    grants: tuple[TopicGrant, ...]

    @classmethod
    def of(cls, entry: TopicEntry, organ: OrganId) -> "Topic":
        """Read an entry of that organ.

        Raises:
            IdentifierInvalid: a malformed code.
            LabelInvalid: a malformed label.
        """
        id_ = TopicId(organ.instance, organ.member_class, organ.member, _code(entry.subsystem), _code(entry.code))
        return cls(
            id=id_,
            title=entry.title,
            schemas=frozenset(entry.schemas),
            label=_label(entry.label),
            term=entry.keep_days * DAY,
            grants=tuple(TopicGrant.of(grant, id_.owner) for grant in entry.grants),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOwner:
    """A key and whose it is: an organ's, or a site's."""

    organ: OrganId | None
    site: str | None
    key: PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something a branch signed that is not taken into the snapshot."""

    # The published file, and the thing in it.
    where: str
    # Why, in words.
    why: str
