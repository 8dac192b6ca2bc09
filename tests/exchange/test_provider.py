"""Answering calls: what does not hold is refused under seal, recorded, and never reaches the service."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.exchange import blobs
from lienthong.exchange.errors import BackendUnavailable, ServiceUnknown
from lienthong.exchange.http import HttpMessage, encode_head
from lienthong.exchange.packet import INLINE_LIMIT, BlobRef, Packet, check_contents, content_of, notice_of
from lienthong.exchange.policy import LONGEST
from lienthong.exchange.sessions import KEPT
from lienthong.exchange.subjects import call_subject
from lienthong.kernel.clock import DAY, MINUTE
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label, Level
from lienthong.trust import chunks, envelope
from lienthong.trust.header import Content, Header, Kind
from lienthong.trust.seal import Verifier, header_of
from tests.support.calls import HEAD, Raw, fill_disk, free_disk, raw_call, said
from tests.support.gateways import (
    CENTRE,
    COMMUNE,
    FILES,
    HSO,
    LOW,
    MALLORY,
    NEIGHBOUR,
    OLD,
    OTHER,
    SPY,
    UNITS,
    Echo,
    World,
)

CONFIDENTIAL = Label(Level.CONFIDENTIAL)


def answer_header(world: World, raw: Raw, answer: bytes) -> Header:
    """The header of an answer, its seal checked against the commune's key."""
    key = world.directory.snapshot.sealing_key(COMMUNE, world.clock.now())
    return Verifier(lambda _, __: key).open(raw.opened(answer).sealed, at=world.clock.now()).header


async def test_a_granted_call_is_answered_and_recorded(country: World, echo: Echo) -> None:
    raw = raw_call(country, body=b"question")
    answer = await country.ask(CENTRE, COMMUNE, raw.data)
    header = answer_header(country, raw, answer)
    assert (header.kind, header.id, header.status, header.fault) == (Kind.RESPONSE, raw.header.id, "200", "")
    assert (header.sender, header.receiver) == (str(UNITS), str(HSO))
    assert header.answers == envelope_digest(raw)
    head, body = raw.opened(answer).parts
    assert isinstance(head, bytes)
    check_contents(header, (head, b"hi"))
    assert body == b"hi"
    ((service, method, path, message),) = echo.calls
    assert (service, method, path, message.body) == (UNITS, "GET", "/a", b"question")
    asked, answered = country.entries("p1")
    assert (asked.direction, asked.kind, asked.verdict, asked.peer) == ("in", "request", "ok", str(HSO))
    assert asked.seals == (raw.sealed,)
    assert (answered.direction, answered.kind, answered.id) == ("out", "response", asked.id)
    assert answered.seals == (raw.opened(answer).sealed,)


def envelope_digest(raw: Raw) -> bytes:
    """What an answer refers to."""
    return content_of(raw.sealed).digest


async def test_evidence_is_durable_before_the_service_is_asked(country: World, echo: Echo) -> None:
    async def look() -> None:
        assert country.evidence("p1") == [("in", "request", "ok")]

    echo.before = look
    assert await said(country, raw_call(country)) == "ok"


# -- who did not seal it, or not with that key


async def refused(world: World, raw: Raw, code: str, *, kind: str = "alarm", **ends: OrganId) -> None:
    """Check that a call is refused with this code, recorded once, and not carried out."""
    before = world.running["p1"].node.journal.size
    assert await said(world, raw, **ends) == code
    (entry,) = world.entries("p1")[before:]
    assert (entry.direction, entry.kind, entry.verdict) == ("in", kind, code.removeprefix("notice: "))
    backend = world.running["p1"].backend
    assert isinstance(backend, Echo)
    assert not backend.calls
    if not code.startswith("notice"):
        # Call and refusal, both sealed: who was refused can prove it, and so can we.
        assert entry.seals[0] == raw.sealed
        assert header_of(entry.seals[1]).fault == code


@pytest.mark.parametrize("by", [NEIGHBOUR, COMMUNE, MALLORY])
async def test_a_seal_of_another_organ_is_not_taken(country: World, by: OrganId) -> None:
    await refused(country, raw_call(country, by=by), "notice: key_unknown")


async def test_a_seal_that_does_not_fit_is_not_taken(country: World) -> None:
    raw = raw_call(country)
    for place in (10, 60, len(raw.sealed) - 5):
        broken = bytearray(raw.sealed)
        broken[place] ^= 1
        data = country.wrap(bytes(broken), COMMUNE, *raw.parts)
        assert notice_of(await country.ask(CENTRE, COMMUNE, data)) in {"seal_invalid", "key_unknown"}
    assert {entry.kind for entry in country.entries("p1")} == {"alarm"}
    assert all(entry.seals for entry in country.entries("p1"))


async def test_a_revoked_key_is_not_taken(country: World) -> None:
    raw = raw_call(country)
    country.publish(country.source.revoke(next(k.kid for k in country.organ(CENTRE).keys), country.clock.now()))
    await refused(country, raw, "notice: key_not_valid")


async def test_an_ended_key_is_not_taken(country: World) -> None:
    raw = raw_call(country)
    country.clock.advance(800 * DAY)
    country.directory.snapshot = replace(country.directory.snapshot, expires=country.clock.now() + DAY)
    await refused(country, raw, "notice: key_not_valid")


async def test_another_site_cannot_bring_somebody_elses_call(country: World) -> None:
    await refused(country, raw_call(country), "connection_mismatch", sender=MALLORY)


# -- for someone else


async def test_a_call_for_another_organ_is_not_taken(country: World) -> None:
    # Encrypted to whom it is delivered, but sealed for another.
    await refused(country, raw_call(country, to=OTHER), "notice: misdirected", to=OTHER)
    # As the carrier would deliver it astray.
    await refused(country, raw_call(country), "notice: key_unknown", to=OTHER)


async def test_a_call_for_an_organ_of_another_gateway_is_not_taken(country: World) -> None:
    raw = raw_call(country, receiver="VN/STATE/M1/spy/x", to=COMMUNE)
    await refused(country, raw, "notice: misdirected", to=COMMUNE)


@pytest.mark.parametrize("kind", [Kind.MESSAGE, Kind.RECEIPT])
async def test_something_else_than_a_call_is_not_taken(country: World, kind: Kind) -> None:
    status = "delivered" if kind is Kind.RECEIPT else ""
    raw = raw_call(country, kind=kind, receiver=UNITS, status=status)
    await refused(country, raw, "notice: malformed")


@pytest.mark.parametrize("receiver", ["VN/PARTY/U1", "VN/PARTY/U1/reg", "VN/PARTY/U1/reg/a/b", "", "VN//U1/reg/units"])
async def test_a_malformed_receiver_is_answered_with_a_reason(country: World, receiver: str) -> None:
    raw = raw_call(country, receiver=receiver, to=COMMUNE)
    await refused(country, raw, "notice: identifier_invalid", to=COMMUNE)


@pytest.mark.parametrize("sender", ["", "VN", "VN/PARTY/A01/hso/x", "VN/PARTY/A01/%zz"])
async def test_a_malformed_sender_is_answered_with_a_reason(country: World, sender: str) -> None:
    header = country.header(sender, UNITS, Kind.REQUEST, method="GET")
    data = country.wrap(country.seal(header, CENTRE), COMMUNE, HEAD, b"")
    assert notice_of(await country.ask(CENTRE, COMMUNE, data)) == "seal_invalid"
    assert country.evidence("p1") == [("in", "alarm", "seal_invalid")]


async def test_another_way_to_write_the_receiver_is_refused(country: World) -> None:
    await refused(country, raw_call(country, receiver="VN/PARTY/U1/reg/unit%73"), "address_invalid")


# -- at another time, or again


async def test_a_replayed_call_is_refused_also_after_a_restart(country: World, echo: Echo) -> None:
    raw = raw_call(country)
    assert await said(country, raw) == "ok"
    assert await said(country, raw) == "replayed"
    await country.restart("p1")
    assert await said(country, raw) == "replayed"
    assert len(echo.calls) == 1
    assert country.evidence("p1")[2:] == [("in", "alarm", "replayed")] * 2
    # As long as it could come again it is remembered; then it has expired.
    country.clock.advance(MINUTE - 1)
    assert await said(country, raw) == "replayed"
    country.clock.advance(1)
    assert await said(country, raw) == "expired"


async def test_a_call_replayed_under_its_session_is_refused(country: World) -> None:
    raw = raw_call(country)
    assert await said(country, raw) == "ok"
    answer = await country.ask(CENTRE, COMMUNE, raw.again())
    assert answer_header(country, raw, answer).fault == "replayed"


async def test_the_id_of_another_callers_call_can_be_used(country: World, echo: Echo) -> None:
    # Who learns an id cannot shut out whoever made it.
    id_ = uuid.uuid4()
    spied = raw_call(country, sender=SPY, id=id_, path="/spied/x", purpose="audit")
    assert await said(country, spied) == "ok"
    assert await said(country, raw_call(country, id=id_)) == "ok"
    assert len(echo.calls) == 2


@pytest.mark.parametrize(
    ("created", "expires", "code"),
    [
        (-MINUTE, 0, "expired"),
        (-2 * MINUTE, -MINUTE, "expired"),
        (MINUTE + 1, 2 * MINUTE, "from_the_future"),
        (0, LONGEST[Kind.REQUEST] + 1, "term_too_long"),
    ],
)
async def test_a_call_from_another_time_is_refused(country: World, created: int, expires: int, code: str) -> None:
    now = country.clock.now()
    raw = raw_call(country, created=now + created, expires=now + expires)
    await refused(country, raw, code, kind="alarm" if code == "term_too_long" else "refusal")


# -- what was not granted


@pytest.mark.parametrize(
    ("fields", "code", "kind"),
    [
        ({"sender": LOW, "path": "/private"}, "access_denied", "refusal"),
        ({"sender": LOW, "path": "/public/../private"}, "access_denied", "refusal"),
        ({"sender": LOW, "path": "/public/%2e%2e/private"}, "access_denied", "refusal"),
        ({"sender": LOW, "path": "/public/.\t./private"}, "notice: seal_invalid", "alarm"),
        ({"sender": LOW, "path": "/public/x", "method": "POST"}, "access_denied", "refusal"),
        ({"method": "CONNECT"}, "call_invalid", "alarm"),
        ({"path": "@127.0.0.1:1/"}, "notice: seal_invalid", "alarm"),
        ({"path": "/a?b c"}, "notice: seal_invalid", "alarm"),
        ({"sender": SPY, "path": "/a"}, "access_denied", "refusal"),
        ({"sender": SPY, "path": "/spied/a"}, "purpose_not_granted", "refusal"),
        ({"sender": "VN/STATE/M1/none", "path": "/spied/a"}, "sender_unknown", "refusal"),
        ({"sender": "VN/STATE/M1"}, "access_denied", "refusal"),
        ({"receiver": "VN/PARTY/U1/reg/none"}, "service_unknown", "refusal"),
        ({"receiver": "VN/PARTY/U1/none/units"}, "receiver_unknown", "refusal"),
        ({"receiver": OLD}, "service_type", "refusal"),
        ({"sender": LOW, "path": "/public/x", "label": CONFIDENTIAL, "pq": True}, "label_above_ceiling", "refusal"),
        ({"label": Label(Level.SECRET), "pq": True}, "label_above_ceiling", "refusal"),
        ({"label": Label(Level.INTERNAL, frozenset({"personnel"}))}, "label_above_ceiling", "refusal"),
    ],
    ids=repr,
)
async def test_what_the_callers_gateway_should_have_refused_is_refused(
    country: World, fields: dict[str, Any], code: str, kind: str
) -> None:
    await refused(country, raw_call(country, **fields), code, kind=kind)


async def test_an_inactive_caller_is_refused(country: World) -> None:
    raw = raw_call(country)
    country.change(CENTRE, active=False)
    await refused(country, raw, "sender_unknown", kind="refusal")


async def test_a_stale_directory_decides_nothing(country: World) -> None:
    raw = raw_call(country, expires=country.clock.now() + 59 * MINUTE)
    country.directory.snapshot = replace(
        country.directory.snapshot, expires=country.clock.now(), grace_until=country.clock.now() + 1
    )
    assert await said(country, raw) == "ok"
    country.clock.advance(1)
    assert await said(country, raw_call(country)) == "directory_stale"


# -- keys too weak for what they protect


async def test_a_confidential_call_needs_a_post_quantum_key(country: World) -> None:
    await refused(country, raw_call(country, label=CONFIDENTIAL), "key_too_weak", kind="refusal")
    assert await said(country, raw_call(country, label=CONFIDENTIAL, pq=True)) == "ok"


async def test_a_confidential_service_does_not_answer_under_a_weak_session(country: World) -> None:
    # The caller says internal; the answer would be confidential, under a key that a quantum computer opens.
    await refused(country, raw_call(country, receiver=FILES), "key_too_weak", kind="refusal")
    strong = raw_call(country, receiver=FILES, pq=True)
    answer = await country.ask(CENTRE, COMMUNE, strong.data)
    assert answer_header(country, strong, answer).label == CONFIDENTIAL
    again = raw_call(country, receiver=FILES)
    under = strong.session.encrypt_request(Packet(sealed=again.sealed, parts=again.parts).to_bytes())
    packet = Packet.from_bytes(
        strong.session.decrypt_response(await country.ask(CENTRE, COMMUNE, under), aad=envelope_digest(again))
    )
    assert header_of(packet.sealed).status == "200"


# -- contents


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (HEAD,),
        (HEAD, b"other"),
        (b"\x80", b""),
        (HEAD, b"", b""),
        (b"", HEAD),
    ],
    ids=repr,
)
async def test_contents_must_be_the_sealed_ones(country: World, parts: tuple[bytes, ...]) -> None:
    raw = raw_call(country, parts=parts)
    code = await said(country, raw)
    assert code in {"malformed", "digest_mismatch"}
    assert country.evidence("p1") == [("in", "alarm", code)]
    # Nothing was executed, so the id is still free for the true call.
    assert await said(country, raw_call(country, id=raw.header.id)) == "ok"


@pytest.mark.parametrize("head", [b"", b"\x00", encode_head((("A", "b"),)), encode_head((("a", "b\r\nc: d"),))])
async def test_a_malformed_head_is_refused(country: World, head: bytes) -> None:
    await refused(country, raw_call(country, head=head), "malformed")


async def test_the_service_is_told_the_caller_who_sealed(country: World, echo: Echo) -> None:
    # A service decides by this header: a gateway could otherwise speak for any system to it.
    for client in (str(LOW), "VN/PARTY/A02/hso", "nonsense", "", "VN/PARTY/A01"):
        await refused(country, raw_call(country, head=encode_head((("x-road-client", client),))), "malformed")
    both = encode_head((("x-road-client", str(HSO)), ("x-road-client", str(LOW))))
    await refused(country, raw_call(country, head=both), "malformed")
    assert await said(country, raw_call(country, head=encode_head((("x-road-client", "VN/PARTY/%4101/hso"),)))) == "ok"
    assert echo.calls[0][3].header("x-road-client") == "VN/PARTY/%4101/hso"


async def large(world: World, sender: OrganId, body: bytes) -> BlobRef:
    """Put a content on the carrier as an organ's gateway does."""
    organ = world.organ(sender)
    gateway = world.running.get(organ.site) or await world.start(organ.site)
    return await blobs.put(gateway.node.carrier, organ, body)


async def test_a_large_body_travels_apart(country: World, echo: Echo) -> None:
    body = b"x" * (INLINE_LIMIT + 1)
    ref = await large(country, CENTRE, body)
    assert await said(country, raw_call(country, body=body, parts=(HEAD, ref))) == "ok"
    assert echo.calls[0][3].body == body


async def test_a_large_body_that_is_not_the_sealed_one_is_refused(country: World) -> None:
    body = b"x" * 100_000
    ref = await large(country, CENTRE, body)
    contents = (content_of(HEAD), content_of(body))
    wrong: list[tuple[BlobRef, tuple[Content, ...], str]] = [
        (ref, (content_of(HEAD), content_of(b"y" * 100_000)), "digest_mismatch"),
        (replace(ref, key=bytes(32)), contents, "envelope_invalid"),
        (replace(ref, chunks=1), contents, "malformed"),
        (replace(ref, chunks=3), contents, "malformed"),
        (replace(ref, site="p2"), contents, "malformed"),
        (replace(ref, branch="02"), contents, "malformed"),
        (ref, (), "malformed"),
        (ref, (content_of(HEAD),), "malformed"),
        # Sizes that would fill the memory are refused before anything is fetched.
        (replace(ref, chunks=1 << 24), (content_of(HEAD), Content(digest=bytes(32), size=1 << 40)), "malformed"),
        (
            replace(ref, chunks=blobs.MAX_CONTENT // chunks.CHUNK + 1),
            (content_of(HEAD), Content(digest=bytes(32), size=blobs.MAX_CONTENT + 1)),
            "malformed",
        ),
    ]
    for part, sealed, code in wrong:
        await refused(country, raw_call(country, parts=(HEAD, part), contents=sealed), code)
    missing = raw_call(country, parts=(HEAD, replace(ref, name="none")), contents=contents)
    await refused(country, missing, "not_stored", kind="failure")


# -- sessions


async def test_an_unknown_session_is_named_and_leaves_no_trace(country: World, echo: Echo) -> None:
    raw = raw_call(country)
    assert notice_of(await country.ask(CENTRE, COMMUNE, raw.again())) == "unknown_session"
    assert country.entries("p1") == []
    assert not echo.calls


async def test_a_session_between_other_ends_is_unknown(country: World) -> None:
    raw = raw_call(country)
    assert await said(country, raw) == "ok"
    assert notice_of(await country.ask(NEIGHBOUR, COMMUNE, raw.again())) == "unknown_session"
    assert notice_of(await country.ask(CENTRE, OTHER, raw.again())) == "unknown_session"


async def test_a_session_ends(country: World) -> None:
    raw = raw_call(country)
    assert await said(country, raw) == "ok"
    country.clock.advance(KEPT)
    assert notice_of(await country.ask(CENTRE, COMMUNE, raw.again())) == "unknown_session"


async def test_a_call_that_does_not_hold_opens_no_session(country: World) -> None:
    raw = raw_call(country, by=NEIGHBOUR)
    assert await said(country, raw) == "notice: key_unknown"
    assert notice_of(await country.ask(CENTRE, COMMUNE, raw.again())) == "unknown_session"


async def test_what_was_altered_under_a_session_is_an_alarm(country: World) -> None:
    raw = raw_call(country)
    assert await said(country, raw) == "ok"
    broken = raw.again()[:-1] + b"\x00"
    assert notice_of(await country.ask(CENTRE, COMMUNE, broken)) == "envelope_invalid"
    assert country.evidence("p1")[-1] == ("in", "alarm", "envelope_invalid")


# -- bytes


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), prefix=st.sampled_from([b"", b"\xd0", b"\xd8\x60", b"\xd0\x84\x43\xa1\x01\x03"]))
async def test_whatever_comes_is_answered(country: World, data: bytes, prefix: bytes) -> None:
    before = country.running["p1"].node.journal.size
    code = notice_of(await country.ask(MALLORY, COMMUNE, prefix + data))
    assert code == "envelope_invalid"
    (entry,) = country.entries("p1")[before:]
    assert (entry.kind, entry.verdict, entry.seals) == ("alarm", "envelope_invalid", ())
    assert entry.peer == call_subject(country.organ(MALLORY), country.organ(COMMUNE))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
async def test_one_changed_bit_is_noticed(country: World, place: int, bit: int) -> None:
    raw = raw_call(country)
    data = bytearray(raw.data)
    data[place % len(data)] ^= 1 << bit
    answer = await country.ask(CENTRE, COMMUNE, bytes(data))
    assert notice_of(answer) in {"envelope_invalid", "key_unknown"}


@pytest.mark.parametrize("plaintext", [b"", b"\x80", b"\x82\x40\x80", b"\x82\x43abc\x80", b"\x00" * 100])
async def test_what_is_inside_must_be_a_packet(country: World, plaintext: bytes) -> None:
    key = country.directory.snapshot.wrapping_key(COMMUNE, country.clock.now(), Level.INTERNAL)
    answer = await country.ask(MALLORY, COMMUNE, envelope.encrypt(plaintext, to=key))
    assert notice_of(answer) in {"malformed", "seal_invalid"}
    assert country.entries("p1")[-1].kind == "alarm"


async def test_a_subject_of_another_form_is_an_alarm(country: World) -> None:
    (listener,) = country.broker.reached("rpc.01.p1.u1.tw.tw.a01")
    answer = await listener.answer("rpc.01.p1.u1.tw.tw", raw_call(country).data)
    assert answer is not None
    assert notice_of(answer) == "malformed"
    assert country.evidence("p1") == [("in", "alarm", "malformed")]


# -- our own side


async def test_a_failing_service_is_said_under_seal(country: World, echo: Echo) -> None:
    for error, code, kind in (
        (BackendUnavailable("down"), "service_failed", "failure"),
        (ServiceUnknown("no URL"), "service_unknown", "refusal"),
    ):
        echo.error = error
        assert await said(country, raw_call(country)) == code
        assert country.evidence("p1")[-2:] == [("in", "request", "ok"), ("in", kind, code)]


async def test_a_large_answer_travels_apart(country: World, echo: Echo) -> None:
    body = b"y" * (INLINE_LIMIT + 1)
    echo.answer = HttpMessage(headers=(), body=body)
    raw = raw_call(country)
    packet = raw.opened(await country.ask(CENTRE, COMMUNE, raw.data))
    (_, ref) = packet.parts
    assert isinstance(ref, BlobRef)
    assert await blobs.get(country.running["tw"].node.carrier, ref) == body


async def test_an_answer_that_cannot_be_put_on_the_carrier_is_said(country: World, echo: Echo) -> None:
    echo.answer = HttpMessage(headers=(), body=b"y" * (INLINE_LIMIT + 1))

    async def lose() -> None:
        country.broker.stop()

    echo.before = lose
    assert await said(country, raw_call(country)) == "carrier_unavailable"
    assert country.evidence("p1")[-1] == ("in", "failure", "carrier_unavailable")


async def test_an_answer_whose_header_no_caller_would_take_is_said(country: World, echo: Echo) -> None:
    echo.answer = HttpMessage(headers=(("content-type", "x" * 40_000),), body=b"")
    assert await said(country, raw_call(country)) == "bad_request"


async def test_without_room_for_evidence_nothing_is_carried_out(country: World, echo: Echo) -> None:
    gateway = country.running["p1"]
    await fill_disk(gateway)
    before = gateway.node.journal.size
    raw = raw_call(country)
    assert await said(country, raw) == "notice: journal_unavailable"
    # Not even a refusal counts, nor an alarm.
    assert await said(country, raw_call(country, path="/a b")) == "notice: journal_unavailable"
    assert await said(country, raw_call(country, by=MALLORY)) == "notice: journal_unavailable"
    assert not echo.calls
    assert gateway.node.journal.size == before
    free_disk(gateway)
    # It was not used up: the caller may repeat it, and it is carried out once.
    assert await said(country, raw) == "ok"
    assert await said(country, raw) == "replayed"
    assert len(echo.calls) == 1


async def test_an_answer_without_room_for_its_evidence_is_not_given(country: World, echo: Echo) -> None:
    async def fill() -> None:
        await fill_disk(country.running["p1"])

    echo.before = fill
    assert await said(country, raw_call(country)) == "notice: journal_unavailable"


async def test_without_a_key_of_our_own_there_is_a_notice_and_evidence(country: World) -> None:
    raw = raw_call(country)
    sealing = next(key.kid for key in country.organ(COMMUNE).keys)
    country.publish(country.source.revoke(sealing, country.clock.now()))
    assert await said(country, raw) == "notice: key_unknown"
    entry = country.entries("p1")[-1]
    assert (entry.verdict, entry.seals) == ("key_unknown", (raw.sealed,))
    country.stores["p1"].remove(sealing)
