"""Answering calls: what does not hold is refused under seal, recorded, and never reaches the service."""

import uuid
from copy import replace
from typing import Any

import pytest

from lienthong.directory.entries import GrantEntry, ServiceEntry, SubsystemEntry
from lienthong.exchange.errors import AccessDenied
from lienthong.exchange.packet import check_contents, notice_of
from lienthong.exchange.policy import LONGEST
from lienthong.kernel.clock import DAY, MINUTE
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label, Level
from lienthong.trust.header import Kind
from tests.support.calls import HEAD, answer_header, call, envelope_digest, raw_call, refused, said
from tests.support.gateways import (
    CENTRE,
    COMMUNE,
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


async def test_evidence_is_durable_before_the_service_is_asked(country: World, echo: Echo) -> None:
    async def look() -> None:
        assert country.evidence("p1") == [("in", "request", "ok")]

    echo.before = look
    assert await said(country, raw_call(country)) == "ok"


# -- who did not seal it, or not with that key


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


async def test_a_group_of_the_system_s_own_is_seen_alike_by_both_sides(country: World, echo: Echo) -> None:
    system = SubsystemEntry(code="reg", name="Registry", ceiling="confidential", groups={"canteens": (str(LOW),)})
    service = ServiceEntry(subsystem="reg", code="units", grants=(GrantEntry(to="local-group:canteens"),))
    country.change(COMMUNE, subsystems=(system,), services=(service,))
    caller = country.running["tw"].caller
    assert (await caller.call(call(client=LOW))).status == 200
    assert await said(country, raw_call(country, sender=LOW)) == "ok"
    # Who is not in it is refused by its own gateway, and by the provider's where that one cheats.
    with pytest.raises(AccessDenied):
        await caller.call(call(client=HSO))
    assert await said(country, raw_call(country, sender=HSO)) == "access_denied"
    assert len(echo.calls) == 2
