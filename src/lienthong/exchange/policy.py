"""The decision: may this be exchanged? One pure function, used alike by both sides.

Default deny. The rules are asked in the order they stand; the first that objects decides, and its name
goes into the journal with the verdict.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import msgspec

from lienthong.directory.model import Grant, Organ, Service, Subsystem, Topic, TopicGrant
from lienthong.directory.snapshot import Snapshot, Standing
from lienthong.exchange import errors, grants
from lienthong.exchange.http import METHODS
from lienthong.kernel.clock import DAY, HOUR, MINUTE, Millis
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.identifiers import ClientId, OrganId, ServiceId, SubsystemId, TopicId, parse_client
from lienthong.trust.header import Header, Kind

CLOCK_SKEW: Final = MINUTE
"""How far a sender's clock may run ahead of ours."""
LONGEST: Final[dict[Kind, Millis]] = {
    Kind.REQUEST: HOUR,
    Kind.RESPONSE: HOUR,
    Kind.MESSAGE: 90 * DAY,
    Kind.RECEIPT: 90 * DAY,
    Kind.EVENT: 90 * DAY,
    Kind.RECALL: 90 * DAY,
}
"""For how long a seal may be valid: until then its id has to be remembered."""


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """What the carrier or the web server knows about who is at the other end."""

    # The site whose broker credentials sent it; None on an information system's own connection.
    site: str | None = None
    # The information systems this connection may speak for; None where any may (loopback).
    clients: frozenset[str] | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """All a rule may look at."""

    header: Header
    connection: Connection
    directory: Snapshot
    standing: Standing
    at: Millis
    client: ClientId
    service: ServiceId | None
    sender: Organ | None
    receiver: Organ | None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided and by which rule."""

    error: errors.Refused | None
    # Name of the rule that decided; "granted" when none objected.
    rule: str

    @property
    def code(self) -> str:
        """``ok`` or the machine-readable reason of the refusal."""
        return self.error.code if self.error else "ok"


type Rule = Callable[[Case], errors.Refused | None]


def decide(header: Header, *, connection: Connection, directory: Snapshot, standing: Standing, at: Millis) -> Verdict:
    """Decide on a call, a message, an answer or a receipt.

    Args:
        header: what is sealed, or about to be.
        connection: what is known of the other end.
        directory: the snapshot to decide by.
        standing: how current that snapshot is.
        at: now.
    """
    try:
        case = _case(header, connection, directory, standing, at)
    except IdentifierInvalid as error:
        return Verdict(error=errors.AddressInvalid(error.where), rule="identifiers")
    for rule in RULES[header.kind]:
        objection = rule(case)
        if objection is not None:
            return Verdict(error=objection, rule=rule.__name__)
    return Verdict(error=None, rule="granted")


def directory_is_current(case: Case) -> errors.Refused | None:
    """Nothing is decided by a directory past its grace."""
    if case.standing is Standing.STALE:
        return errors.DirectoryStale(f"version {case.directory.version}")
    return None


def connection_belongs_to_sender(case: Case) -> errors.Refused | None:
    """The connection must be the sender's own: its site on the carrier, its system on the web."""
    if case.connection.site is not None and (case.sender is None or case.sender.site != case.connection.site):
        return errors.ConnectionMismatch(f"{case.client} is not at site {case.connection.site}")
    if case.connection.clients is not None and str(case.client) not in case.connection.clients:
        return errors.ConnectionMismatch(str(case.client))
    return None


def sender_is_active(case: Case) -> errors.Refused | None:
    """The sender, organ and information system, must be known and active."""
    known = case.sender is not None and case.sender.active
    if known and isinstance(case.client, SubsystemId):
        subsystem = case.directory.subsystem(case.client)
        known = subsystem is not None and subsystem.active
    return None if known else errors.CallerUnknown(str(case.client))


def receiver_is_active(case: Case) -> errors.Refused | None:
    """The receiver, organ and information system, must be known and active."""
    known = case.receiver is not None and case.receiver.active
    if known and case.service is not None:
        provider = case.directory.subsystem(case.service.provider)
        known = provider is not None and provider.active
    return None if known else errors.ReceiverUnknown(case.header.receiver)


def in_time(case: Case) -> errors.Refused | None:
    """It must not have expired, nor come from further ahead than clocks may differ."""
    return untimely(case.header, case.at)


def untimely(header: Header, at: Millis) -> errors.Refused | None:
    """Return what ``in_time`` objects to a header at a time: the only thing in a decision that time changes."""
    if at >= header.expires:
        return errors.Expired(str(header.id))
    if header.created > at + CLOCK_SKEW:
        return errors.NotYet(str(header.id))
    if header.expires - header.created > LONGEST[header.kind]:
        return errors.TermTooLong(str(header.id))
    return None


def call_is_well_formed(case: Case) -> errors.Refused | None:
    """Method and path must reach the service as they are: what HTTP would drop or cut off was not granted."""
    if case.header.method not in METHODS or not grants.is_target(case.header.path):
        return errors.CallInvalid(f"{case.header.method[:20]!r} {case.header.path[:200]!r}")
    return None


def label_is_covered(case: Case) -> errors.Refused | None:
    """Every ceiling on the way must cover the label, of the content and of the service."""
    service = _service(case)
    label = case.header.label if service is None else case.header.label.join(service.label)
    ends: list[Organ | Subsystem | None] = [case.sender, case.receiver]
    if isinstance(case.client, SubsystemId):
        ends.append(case.directory.subsystem(case.client))
    if case.service is not None:
        ends.append(case.directory.subsystem(case.service.provider))
    if all(end is not None and label <= end.ceiling for end in ends):
        return None
    return errors.LabelAboveCeiling(f"{label} from {case.client} to {case.header.receiver}")


def service_is_known(case: Case) -> errors.Refused | None:
    """The service must exist and be one that is called by REST."""
    if _is_metaservice(case):
        return None
    service = _service(case)
    if service is None:
        return errors.ServiceUnknown(case.header.receiver)
    if service.type == "SOAP":
        return errors.ServiceTypeInvalid()
    return None


def is_granted(case: Case) -> errors.Refused | None:
    """Some grant must cover client, method, path and purpose; what there is to call may be asked by all."""
    if _is_metaservice(case):
        return None
    service = _service(case)
    reached = [] if service is None else [grant for grant in service.grants if _reaches(grant, case)]
    if not reached:
        return errors.AccessDenied(f"{case.client} to {case.header.method} {case.header.receiver}")
    if not any(not grant.purposes or case.header.purpose in grant.purposes for grant in reached):
        return errors.PurposeMissing(case.header.receiver)
    return None


def topic_is_the_senders(case: Case) -> errors.Refused | None:
    """Nobody but the information system that owns a topic may publish on it."""
    topic = _topic(case)
    if topic is None or topic.id.owner != case.client:
        return errors.ReceiverUnknown(case.header.receiver)
    return None


def event_label_is_covered(case: Case) -> errors.Refused | None:
    """The ceilings of who publishes must cover the label; those of who reads are asked when it reads."""
    subsystem = case.directory.subsystem(case.client) if isinstance(case.client, SubsystemId) else None
    if all(end is not None and case.header.label <= end.ceiling for end in (case.sender, subsystem)):
        return None
    return errors.LabelAboveCeiling(f"{case.header.label} from {case.client} on {case.header.receiver}")


RULES: Final[dict[Kind, tuple[Rule, ...]]] = {
    Kind.REQUEST: (
        directory_is_current,
        connection_belongs_to_sender,
        sender_is_active,
        receiver_is_active,
        in_time,
        call_is_well_formed,
        service_is_known,
        label_is_covered,
        is_granted,
    ),
    Kind.MESSAGE: (
        directory_is_current,
        connection_belongs_to_sender,
        sender_is_active,
        receiver_is_active,
        in_time,
        label_is_covered,
    ),
    Kind.RESPONSE: (connection_belongs_to_sender, in_time),
    Kind.RECEIPT: (connection_belongs_to_sender, in_time),
    Kind.EVENT: (
        directory_is_current,
        connection_belongs_to_sender,
        sender_is_active,
        in_time,
        topic_is_the_senders,
        event_label_is_covered,
    ),
    # As a message, but without its label: what a sender has sent he may take back.
    Kind.RECALL: (directory_is_current, connection_belongs_to_sender, sender_is_active, receiver_is_active, in_time),
}
"""Which rules hold for what is exchanged, in the order in which they are asked."""
METASERVICES: Final = frozenset({"listMethods", "allowedMethods", "getOpenAPI"})
"""Service codes every provider answers to without a grant (PR-MREST)."""


def grants_reaching(service: Service, client: ClientId, directory: Snapshot) -> list[Grant]:
    """Return the grants of a service that name a client, whatever they allow it."""
    return [grant for grant in service.grants if _names(grant.to, client, directory)]


def readers_grants(topic: Topic, client: ClientId, directory: Snapshot) -> list[TopicGrant]:
    """Return the grants of a topic that name a client, for whatever purpose."""
    return [grant for grant in topic.grants if _names(grant.to, client, directory)]


def _case(header: Header, connection: Connection, directory: Snapshot, standing: Standing, at: Millis) -> Case:
    service = _service_id(header.receiver) if header.kind is Kind.REQUEST else None
    client = _service_id(header.sender).provider if header.kind is Kind.RESPONSE else _client(header.sender)
    receiver: ClientId | ServiceId | TopicId
    if header.kind is Kind.EVENT:
        receiver = _topic_id(header.receiver)
    else:
        receiver = _client(header.receiver) if service is None else service
    return Case(
        header=header,
        connection=connection,
        directory=directory,
        standing=standing,
        at=at,
        client=client,
        service=service,
        sender=directory.organ(client.organ),
        receiver=directory.organ(receiver.organ),
    )


@lru_cache(maxsize=4096)
def _client(text: str) -> ClientId:
    return _in_its_one_form(text, parse_client(text))


@lru_cache(maxsize=4096)
def _service_id(text: str) -> ServiceId:
    return _in_its_one_form(text, ServiceId.parse(text))


@lru_cache(maxsize=4096)
def _topic_id(text: str) -> TopicId:
    return _in_its_one_form(text, TopicId.parse(text))


def _topic(case: Case) -> Topic | None:
    return case.directory.topic(_topic_id(case.header.receiver))


def _in_its_one_form[T: ClientId | ServiceId | TopicId](text: str, id_: T) -> T:
    # Two ways to write one name would be two mailboxes, and two memories against replays.
    if str(id_) != text:
        raise IdentifierInvalid(f"{text[:200]!r} is written {str(id_)[:200]!r}")
    return id_


def _service(case: Case) -> Service | None:
    return None if case.service is None else case.directory.service(case.service)


def _is_metaservice(case: Case) -> bool:
    return case.service is not None and case.service.service in METASERVICES


def _reaches(grant: Grant, case: Case) -> bool:
    return (
        (not grant.methods or case.header.method in grant.methods)
        and _names(grant.to, case.client, case.directory)
        and grants.matches(grant.path, case.header.path)
    )


def _names(to: str, client: ClientId, directory: Snapshot) -> bool:
    if to == "*":
        return True
    if to.startswith("group:"):
        members = directory.members_of(to.removeprefix("group:"))
        return client in members or client.organ in members
    try:
        granted = parse_client(to)
    except IdentifierInvalid:
        # A branch may sign what it likes; what cannot be read names nobody.
        return False
    # A grant to an organ reaches all its information systems.
    return client == granted or (isinstance(granted, OrganId) and client.organ == granted)
