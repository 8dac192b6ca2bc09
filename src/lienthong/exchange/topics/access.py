"""Who may read a topic: the owner's grants, the ceilings of who reads, and whose keys an epoch is wrapped to.

The owner's gateway asks for organs, because keys belong to organs; the reader's asks for its information system
and its purpose, each time it reads.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from lienthong.directory.model import Organ, Subsystem, Topic
from lienthong.directory.snapshot import Snapshot, Standing
from lienthong.exchange import policy
from lienthong.exchange.errors import (
    CallerUnknown,
    DirectoryStale,
    LabelAboveCeiling,
    PurposeMissing,
    ReceiverUnknown,
    Refused,
)
from lienthong.exchange.topics.errors import NotGranted, TopicUnknown
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.identifiers import ClientId, SubsystemId, TopicId, parse_client
from lienthong.kernel.labels import Label


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """All a rule may look at."""

    reader: SubsystemId
    purpose: str
    id: TopicId
    directory: Snapshot
    standing: Standing
    topic: Topic | None
    owner: Organ | None
    organ: Organ | None
    subsystem: Subsystem | None


type Rule = Callable[[Reading], Refused | None]


def may_read(
    reader: SubsystemId, topic: TopicId, *, purpose: str, directory: Snapshot, standing: Standing
) -> Refused | None:
    """Decide whether an information system may read a topic; returns the objection of the first rule that has one."""
    reading = Reading(
        reader=reader,
        purpose=purpose,
        id=topic,
        directory=directory,
        standing=standing,
        topic=directory.topic(topic),
        owner=directory.organ(topic.organ),
        organ=directory.organ(reader.organ),
        subsystem=directory.subsystem(reader),
    )
    return next(filter(None, (rule(reading) for rule in RULES)), None)


def directory_is_current(reading: Reading) -> Refused | None:
    """Nothing is decided by a directory past its grace."""
    return DirectoryStale(f"version {reading.directory.version}") if reading.standing is Standing.STALE else None


def reader_is_active(reading: Reading) -> Refused | None:
    """Who reads, organ and information system, must be known and active."""
    if all(each is not None and each.active for each in (reading.organ, reading.subsystem)):
        return None
    return CallerUnknown(str(reading.reader))


def topic_is_known(reading: Reading) -> Refused | None:
    """The topic must exist, and its owner be active."""
    if reading.topic is None:
        return TopicUnknown(str(reading.id))
    return None if reading.owner is not None and reading.owner.active else ReceiverUnknown(str(reading.id.organ))


def label_is_covered(reading: Reading) -> Refused | None:
    """The ceilings of who reads must cover the topic's label; each event's own is checked when it is handed out."""
    label = None if reading.topic is None else reading.topic.label
    if label is not None and label <= ceiling_of(reading.organ, reading.subsystem):
        return None
    return LabelAboveCeiling(f"{label} to {reading.reader}")


def is_granted(reading: Reading) -> Refused | None:
    """Some grant must name who reads, for this purpose. An owner reads its own topics."""
    if reading.topic is None or reading.reader == reading.id.owner:
        return None
    granted = policy.readers_grants(reading.topic, reading.reader, reading.directory)
    if not granted:
        return NotGranted(f"{reading.reader} to {reading.id}")
    if not any(not grant.purposes or reading.purpose in grant.purposes for grant in granted):
        return PurposeMissing(str(reading.id))
    return None


RULES: Final[tuple[Rule, ...]] = (
    directory_is_current,
    reader_is_active,
    topic_is_known,
    label_is_covered,
    is_granted,
)
"""Which rules hold for who reads, in the order in which they are asked."""


def ceiling_of(organ: Organ | None, subsystem: Subsystem | None) -> Label:
    """Return the highest label an information system may handle: its own ceiling and its organ's.

    Raises:
        CallerUnknown: one of them is not in the directory.
    """
    if organ is None or subsystem is None:
        raise CallerUnknown("the information system or its organ")
    return organ.ceiling.meet(subsystem.ceiling)


def reading_organs(topic: Topic, directory: Snapshot) -> list[Organ]:
    """Return the organs that a topic's keys are wrapped to, its owner's first: active, granted, cleared for it."""
    found: dict[str, Organ] = {}
    for client in (topic.id.organ, *_granted(topic, directory)):
        organ = directory.organ(client.organ)
        if organ is None or not organ.active or not topic.label <= organ.ceiling:
            continue
        if isinstance(client, SubsystemId):
            subsystem = directory.subsystem(client)
            if subsystem is None or not subsystem.active or not topic.label <= subsystem.ceiling:
                continue
        found.setdefault(organ.token, organ)
    return list(found.values())


def _granted(topic: Topic, directory: Snapshot) -> Iterable[ClientId]:
    for grant in topic.grants:
        if grant.to == "*":
            yield from (organ.id for organ in directory.organs())
        elif grant.to.startswith("group:"):
            yield from directory.members_of(grant.to.removeprefix("group:"))
        else:
            try:
                yield parse_client(grant.to)
            except IdentifierInvalid:
                # A branch may sign what it likes; what cannot be read names nobody.
                continue
