"""Targets: what gateways exchange, from single values to opened messages."""

from typing import Final

import msgspec

from lienthong.directory.snapshot import Standing
from lienthong.exchange import asks, bundle, packet, policy, subjects
from lienthong.exchange.bundle import Bundle
from lienthong.exchange.errors import Malformed
from lienthong.exchange.mail import bag
from lienthong.exchange.mail import bundle as mail_bundle
from lienthong.exchange.mail.bundle import Bundle as MailBundle
from lienthong.exchange.packet import CallPacket, Packet, check_contents
from lienthong.exchange.topics import block, keys
from lienthong.exchange.topics.event import Event
from lienthong.exchange.transport.base import Message
from lienthong.kernel import agency_codes, cbor
from lienthong.kernel.errors import BadInput, CborInvalid
from lienthong.kernel.identifiers import OrganId, ServiceId, SubsystemId, TopicId, parse_client
from lienthong.kernel.labels import Label
from lienthong.trust import chunks, cose, envelope, seal
from lienthong.trust.checkpoint import Checkpoint, verify_consistency, verify_receipt
from lienthong.trust.envelope import Session
from lienthong.trust.errors import TrustError
from lienthong.trust.header import Header
from lienthong.trust.header_fields import HeaderFields, header_of
from lienthong.trust.journal_entry import Entry
from tests.fuzz.target import Target, check, check_text
from tests.fuzz.world import AT, DIRECTORY, STORE, believe, credulous, resolve

_KINDS: Final = (OrganId, SubsystemId, ServiceId, TopicId)


def _cbor(data: bytes) -> None:
    check(cbor.encode(cbor.decode(data)) == data, "another encoding than the only one")


def _names(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    refusals: list[BadInput] = []
    for read in (*(kind.parse for kind in _KINDS), parse_client, agency_codes.canonical, Label.parse):
        try:
            value = read(text)
        except BadInput as error:
            refusals.append(error)
            continue
        check(read(str(value)) == value, "a name that is another one when it is written")
        check(str(value).isascii() and "//" not in str(value), "a name that is not in its one form")
    for refusal in refusals:
        check_text(str(refusal))


def _header(data: bytes) -> None:
    header = Header.from_bytes(data)
    check(header.to_bytes() == data, "a header that is another one when it is written")
    _decide(header)


def _decide(header: Header) -> None:
    """The policy has an answer to every header that can be read, and it fits into the log."""
    for site in ("tw", "p1"):
        verdict = policy.decide(
            header,
            connection=policy.Connection(site=site),
            directory=DIRECTORY,
            standing=Standing.FRESH,
            at=AT,
        )
        check_text(f"{verdict.rule} {verdict.code} {verdict.error or ''}")


def _header_fields(data: bytes) -> None:
    try:
        fields = msgspec.msgpack.decode(data, type=HeaderFields)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from error
    header, encoded = header_of(fields)
    check(Header.from_bytes(encoded) == header, "fields that make a header which cannot be read")


def _cose(data: bytes) -> None:
    parsed = cose.parse1(data)
    if parsed.payload is None:
        check(cose.with_unprotected(parsed, parsed.unprotected) == data, "a second form of a signature")
    cose.verify1(data, b"payload", believe)


def _seal(data: bytes) -> None:
    seal.header_of(data)
    opened = credulous().open(data, at=AT)
    check(opened.header.to_bytes() in data, "a seal over another header than the one inside")
    _decide(opened.header)


def _evidence(data: bytes) -> None:
    """Receipts and checkpoints: ``[receipt or checkpoint, entry, older checkpoint]``."""
    match cbor.decode(data):
        case [bytes() as first, bytes() as entry, bytes() as older]:
            pass
        case _:
            raise CborInvalid("not an input of this target")
    if not entry:
        checkpoint = Checkpoint.from_bytes(first)
        check(checkpoint.to_bytes() == first, "a second form of a checkpoint")
        checkpoint.verify(believe)
    elif not older:
        verify_receipt(first, entry, believe)
    else:
        verify_consistency(first, Checkpoint.from_bytes(older), Checkpoint.from_bytes(entry), believe)


def _entry(data: bytes) -> None:
    check(Entry.from_bytes(data).to_bytes() == data, "a second form of an entry")


def _envelope(data: bytes) -> None:
    if envelope.session_id_of(data) is None:
        envelope.decrypt(data, store=STORE, resolve=resolve)
    else:
        Session.derive(bytes(32)).decrypt_request(data)


def _chunks(data: bytes) -> None:
    cipher = chunks.Cipher(bytes(32), count=3)
    cipher.decrypt_into(1, memoryview(data), memoryview(bytearray(len(data))))


def _packet(data: bytes) -> None:
    read = Packet.from_bytes(data)
    check(read.to_bytes() == data, "a second form of a packet")
    opened = credulous().open(read.sealed, at=AT)
    check_contents(opened.header, [part for part in read.parts if isinstance(part, bytes)])
    _decide(opened.header)


def _call_packet(data: bytes) -> None:
    read = CallPacket.from_bytes(data)
    check(read.to_bytes() == data, "a second form of a packet")
    opened = credulous().open(read.sealed, at=AT)
    check_contents(opened.header, [part for part in read.parts if isinstance(part, bytes)])


def _bundle(data: bytes) -> None:
    read = Bundle.from_bytes(data)
    check(bundle.is_bundle(data), "a bundle that is not known as one")
    check(len(read.items) <= bundle.MAX_CALLS, "too many calls in a bundle")
    for opened, sealed, parts in read.opened(credulous(), at=AT):
        alone = credulous().open(sealed, at=AT)
        check(alone.digest == opened.digest and alone.header == opened.header, "a call that is another one alone")
        check_contents(opened.header, parts)


def _mail_bundle(data: bytes) -> None:
    read = MailBundle.from_bytes(data)
    check(mail_bundle.is_bundle(data), "a bundle that is not known as one")
    for opened, letter in read.opened(credulous(), at=AT):
        alone = credulous().open(letter.sealed, at=AT)
        check(alone.digest == opened.digest and alone.header == opened.header, "a letter that is another one alone")
        check_contents(opened.header, [part for part in letter.parts if isinstance(part, bytes)])


def _bag(data: bytes) -> None:
    letters = bag.unpack(Message("mail.01.p1.u1.tw.tw.a01", data, 1, 1))
    check(len(letters) <= bag.MAX_LETTERS, "too many letters in a bag")
    for letter in letters:
        route = subjects.Route.parse(letter.subject)
        check((route.to_site, route.from_site) == ("p1", "tw"), "a letter of another site than its bag")


def _asks(data: bytes) -> None:
    code = packet.notice_of(data)
    if code is not None:
        check(packet.notice(code) == data, "a second form of a notice")
        return
    later = asks.later_of(data)
    check(later is None or later.to_bytes() == data, "a second form of a word")
    if later is None:
        ask = asks.ask_of(data)
        check(ask.to_bytes() == data, "a second form of a question")
        check(data.startswith(asks.PREFIXES), "a question that is not known as one")


def _subjects(data: bytes) -> None:
    text = data.decode("latin-1")
    if text.startswith("topic."):
        check(subjects.topic_site(text) in text, "a site that is not in the subject")
        return
    route = subjects.Route.parse(text)
    check(".".join(text.split(".")[1:]) == ".".join(msgspec.structs.astuple(route)), "a route with a part too many")


def _topic(data: bytes) -> None:
    if keys.is_wraps(data) and not data.startswith((b"\x82\x64keys", b"\x87\x65block", b"\x86")):
        for wrap in keys.decode_wraps(data):
            envelope.decrypt(wrap.envelope, store=STORE, resolve=resolve)
    elif data.startswith(b"\x82"):
        read = keys.Keys.from_bytes(data)
        check(read.to_bytes() == data, "a second form of keys")
    elif data.startswith(b"\x87"):
        place = block.Place.from_bytes(data)
        check(place.to_bytes() == data, "a second form of a place")
    else:
        event = Event.from_bytes(data)
        check(event.to_bytes() == data, "a second form of an event")


def _block(data: bytes) -> None:
    read = Packet.from_bytes(data)
    opened = credulous().open(read.sealed, at=AT)
    block.block_of(opened.header, read).events()


FORMATS: Final = (
    Target(name="cbor", run=_cbor, refusals=(CborInvalid,)),
    Target(name="names", run=_names, refusals=(BadInput,)),
    Target(name="header", run=_header, refusals=(TrustError,)),
    Target(name="header-fields", run=_header_fields, refusals=(TrustError, Malformed)),
    Target(name="cose", run=_cose, refusals=(TrustError,)),
    Target(name="seal", run=_seal, refusals=(TrustError,)),
    Target(name="evidence", run=_evidence, refusals=(TrustError, CborInvalid)),
    Target(name="entry", run=_entry, refusals=(TrustError,)),
    Target(name="envelope", run=_envelope, refusals=(TrustError,)),
    Target(name="chunks", run=_chunks, refusals=(TrustError,)),
    Target(name="packet", run=_packet, refusals=(TrustError, Malformed)),
    Target(name="call-packet", run=_call_packet, refusals=(TrustError, Malformed)),
    Target(name="bundle", run=_bundle, refusals=(TrustError, Malformed)),
    Target(name="mail-bundle", run=_mail_bundle, refusals=(TrustError, Malformed)),
    Target(name="bag", run=_bag, refusals=(Malformed,)),
    Target(name="asks", run=_asks, refusals=(Malformed,)),
    Target(name="subjects", run=_subjects, refusals=(Malformed,)),
    Target(name="topic", run=_topic, refusals=(TrustError, Malformed)),
    Target(name="block", run=_block, refusals=(TrustError, Malformed)),
)
