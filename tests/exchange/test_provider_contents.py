"""What is inside a call: keys, contents, sessions and bytes; and what fails on our own side."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.exchange.errors import BackendUnavailable, ServiceUnknown
from lienthong.exchange.http import HttpMessage, encode_head
from lienthong.exchange.packet import CallPacket, notice_of
from lienthong.exchange.sessions import KEPT
from lienthong.exchange.subjects import call_subject
from lienthong.kernel.labels import Label, Level
from lienthong.trust import envelope
from lienthong.trust.seal import header_of
from tests.support.calls import HEAD, answer_header, envelope_digest, fill_disk, free_disk, raw_call, refused, said
from tests.support.gateways import (
    CENTRE,
    COMMUNE,
    FILES,
    HSO,
    LOW,
    MALLORY,
    NEIGHBOUR,
    OTHER,
    Echo,
    World,
)

CONFIDENTIAL = Label(Level.CONFIDENTIAL)


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
    under = strong.session.encrypt_request(CallPacket(sealed=again.sealed, parts=again.parts).to_bytes())
    packet = CallPacket.from_bytes(
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


@pytest.mark.parametrize("head", [b"\x00", encode_head((("A", "b"),)), encode_head((("a", "b\rc: d"),)), b"a: b"])
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
    assert isinstance(answer, bytes)
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
