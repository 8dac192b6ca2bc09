"""Bundles as bytes: what a gateway sends, made by hand, and a service and a provider that do as a test tells them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from copy import replace
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace as changed

from lienthong.exchange.bundle import Bundle, digest_of
from lienthong.exchange.exchanged import Answer, Call
from lienthong.exchange.gateway import Gateway
from lienthong.exchange.http import HttpMessage, encode_head
from lienthong.exchange.packet import CallPacket, content_of, notice_of
from lienthong.exchange.subjects import call_subject
from lienthong.exchange.transport.memory_broker import Listener
from lienthong.kernel.identifiers import OrganId, ServiceId
from lienthong.trust import envelope
from lienthong.trust.envelope import Session
from lienthong.trust.header import Header, Kind
from lienthong.trust.keys import Algorithm
from lienthong.trust.seal import Bundled, Opened, Verifier, header_of, seal_bundle
from lienthong.trust.seal import digest_of as digest_of_seal
from tests.support.calls import HEAD, call
from tests.support.gateways import CENTRE, COMMUNE, HSO, UNITS, Echo, World, new_content_key
from tests.support.whole import whole

type Parts = tuple[bytes, ...]
EMPTY_HEAD = encode_head(())


@dataclass(slots=True)
class Told(Echo):
    """A service that answers with the path it was asked for, unless a test tells it something else."""

    # By path: what it waits for, the error it ends with, the body it answers with.
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)

    async def call(self, service: ServiceId, method: str, path: str, message: HttpMessage) -> tuple[int, HttpMessage]:
        self.calls.append((service, method, path, changed(message, body=await whole(message.body))))
        if self.before is not None:
            await self.before()
        if path in self.held:
            await self.held[path].wait()
        if path in self.errors:
            raise self.errors[path]
        return 200, HttpMessage(headers=(), body=self.bodies.get(path, path.encode()))

    def paths(self) -> list[str]:
        """The paths it was asked for, in their order."""
        return [path for _, _, path, _ in self.calls]


@dataclass(slots=True)
class Traffic:
    """What a gateway sends and gets."""

    sent: list[bytes] = field(default_factory=list)
    come: list[bytes] = field(default_factory=list)


def watched(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Traffic:
    """Look on at the carrier of a gateway."""
    traffic = Traffic()
    request = gateway.node.carrier.request_many

    async def request_many(subject: str, data: bytes, *, timeout: float) -> AsyncGenerator[bytes]:  # noqa: ASYNC109 - the carrier's
        traffic.sent.append(data)
        replies = request(subject, data, timeout=timeout)
        try:
            async for reply in replies:
                traffic.come.append(reply)
                yield reply
        finally:
            await replies.aclose()

    monkeypatch.setattr(gateway.node.carrier, "request_many", request_many)
    return traffic


# -- a caller made by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBundle:
    """A bundle of calls on the wire, and what its maker knows of it."""

    headers: tuple[Header, ...]
    bundled: Bundled
    session: Session
    plaintext: bytes
    data: bytes

    def again(self) -> bytes:
        """The same bundle under the session that it has opened."""
        return self.session.encrypt_request(self.plaintext)

    def answers(self, world: World, reply: bytes) -> list[tuple[Header, bytes, tuple[object, ...]]]:
        """The headers, seals and contents in a reply, checked."""
        plaintext = self.session.decrypt_response(reply, aad=digest_of(self.plaintext))
        if plaintext[:1] == b"\x82":
            packet = CallPacket.from_bytes(plaintext)
            return [(header_of(packet.sealed), packet.sealed, packet.parts)]
        opened = Bundle.from_bytes(plaintext).opened(verifier_of(world, COMMUNE), at=world.clock.now())
        return [(each.header, sealed, parts) for each, sealed, parts in opened]


def verifier_of(world: World, organ: OrganId) -> Verifier:
    """A verifier that takes the seals of one organ only."""
    key = world.directory.snapshot.sealing_key(organ, world.clock.now())
    return Verifier(lambda _, __: key)


def sealed_by(world: World, headers: Sequence[Header], by: OrganId) -> Bundled:
    """Headers under one signature of an organ."""
    key = world.directory.snapshot.sealing_key(by, world.clock.now())
    encoded = [header.to_bytes() for header in headers]
    return seal_bundle(encoded, key=key, store=world.stores[world.organ(by).site])


def asking(world: World, path: str = "/a", *, body: bytes = b"", head: bytes = HEAD, **fields: object) -> Header:
    """The header of a call; what is not given is as it should be."""
    base = world.header(
        HSO, UNITS, Kind.REQUEST, method="GET", path=path, contents=(content_of(head), content_of(body))
    )
    return replace(base, **fields)  # type: ignore[arg-type]  # by name


def raw_bundle(
    world: World,
    headers: Sequence[Header],
    parts: Sequence[Parts] | None = None,
    *,
    by: OrganId = CENTRE,
    change: Callable[[Bundle], Bundle | bytes] = lambda made: made,
) -> RawBundle:
    """Make a bundle of calls to the commune, and change it before it is encrypted."""
    bundled = sealed_by(world, headers, by)
    contents = [(HEAD, b"")] * len(headers) if parts is None else list(parts)
    made = change(Bundle.of(bundled, list(zip(headers, contents, strict=True))))
    plaintext = made if isinstance(made, bytes) else made.to_bytes()
    content_key = new_content_key()
    (key,) = (key for key in world.organ(COMMUNE).keys if key.algorithm is Algorithm.HPKE_4_KE)
    return RawBundle(
        headers=tuple(headers),
        bundled=bundled,
        session=Session.derive(content_key),
        plaintext=plaintext,
        data=envelope.encrypt(plaintext, to=key, content_key=content_key),
    )


async def replies(world: World, data: bytes, *, sender: OrganId = CENTRE, to: OrganId = COMMUNE) -> list[bytes]:
    """Bring a message to a provider and return all it replies with."""
    subject = call_subject(world.organ(sender), world.organ(to))
    (listener,) = world.broker.reached(subject)
    answer = await listener.answer(subject, data)
    if isinstance(answer, bytes):
        return [answer]
    assert answer is not None
    return [each async for each in answer]


async def outcomes(world: World, raw: RawBundle, data: bytes | None = None) -> dict[str, str]:
    """Bring a bundle to its provider and return how each call, by its id, ended: ``ok`` or a sealed fault."""
    found: dict[str, str] = {}
    for reply in await replies(world, raw.data if data is None else data):
        assert notice_of(reply) is None
        for header, _, _ in raw.answers(world, reply):
            assert str(header.id) not in found
            found[str(header.id)] = header.fault or "ok"
    return found


# -- a provider made by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A message of calls as a provider has opened it."""

    world: World
    calls: tuple[Opened, ...]
    session: Session
    aad: bytes

    def answer(self, index: int = 0, body: bytes | None = None, **fields: object) -> tuple[Header, Parts]:
        """The answer to a call: its path, or a body of the test's choice."""
        request = self.calls[index].header
        body = request.path.encode() if body is None else body
        header = Header(
            kind=Kind.RESPONSE,
            id=request.id,
            sender=request.receiver,
            receiver=request.sender,
            label=request.label,
            created=request.created,
            expires=request.expires,
            answers=self.calls[index].digest,
            status="200",
            contents=(content_of(EMPTY_HEAD), content_of(body)),
        )
        return replace(header, **fields), (EMPTY_HEAD, body)  # type: ignore[arg-type]  # by name

    def reply(self, *answers: tuple[Header, Parts], by: OrganId = COMMUNE) -> bytes:
        """Answers in a bundle."""
        bundled = sealed_by(self.world, [header for header, _ in answers], by)
        return self.encrypted(Bundle.of(bundled, answers).to_bytes())

    def packet(self, answer: tuple[Header, Parts], by: OrganId = COMMUNE) -> bytes:
        """An answer in a packet."""
        header, parts = answer
        return self.encrypted(CallPacket(sealed=self.world.seal(header, by), parts=parts).to_bytes())

    def encrypted(self, plaintext: bytes) -> bytes:
        """Whatever is replied, in its envelope."""
        return self.session.encrypt_response(plaintext, aad=self.aad)


@dataclass(slots=True)
class FakeBundleProvider:
    """Stands at the place of a provider's gateway, with its keys, and answers as a test tells it."""

    world: World
    make: Callable[[Asked], Iterable[bytes]]
    messages: list[Asked] = field(default_factory=list)

    def listen(self) -> None:
        """Answer the calls to the province."""
        self.world.broker.listen(Listener("rpc.01.p1.>", self._answer, ""))

    async def _answer(self, _: str, data: bytes) -> AsyncGenerator[bytes]:
        self.messages.append(self._opened(data))
        return self._replies(self.messages[-1])

    async def _replies(self, asked: Asked) -> AsyncGenerator[bytes]:
        for each in self.make(asked):
            yield each
            await asyncio.sleep(0)

    def _opened(self, data: bytes) -> Asked:
        unwrapped = envelope.decrypt(
            data,
            store=self.world.stores["p1"],
            resolve=lambda kid: next(key for key in self.world.organ(COMMUNE).keys if key.kid == kid),
        )
        verifier, at = verifier_of(self.world, CENTRE), self.world.clock.now()
        if unwrapped.plaintext[:1] == b"\x82":
            sealed = CallPacket.from_bytes(unwrapped.plaintext).sealed
            calls, aad = [verifier.open(sealed, at=at)], digest_of_seal(sealed)
        else:
            opened = Bundle.from_bytes(unwrapped.plaintext).opened(verifier, at=at)
            calls, aad = [each for each, _, _ in opened], digest_of(unwrapped.plaintext)
        return Asked(world=self.world, calls=tuple(calls), session=Session.derive(unwrapped.content_key), aad=aad)


# -- calls that are made at once


def calls(count: int) -> list[Call]:
    """Calls with a path each."""
    return [call(path=f"/{number}") for number in range(count)]


async def ended(*waiting: Awaitable[Answer]) -> list[object]:
    """How each call ended: with the body of its answer or with an error."""
    async with asyncio.timeout(10):
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    return [each.message.body if isinstance(each, Answer) else each for each in outcomes]


async def made(world: World, wanted: Sequence[Call]) -> list[object]:
    """Make calls at the same time."""
    return await ended(*map(world.running["tw"].caller.call, wanted))


def recorded(world: World, site: str, one: Call) -> list[tuple[str, str, str]]:
    """Direction, kind and verdict of a site's evidence of a call."""
    return [(each.direction, each.kind, each.verdict) for each in world.entries(site) if each.id == str(one.id)]


ASKED = [("out", "request", "ok")]
ANSWERED = [("in", "request", "ok"), ("out", "response", "ok")]
