"""Calls as bytes: what a gateway sends, made by hand, so that a test can make it wrong."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast

from lienthong.exchange import policy
from lienthong.exchange.asks import Await, Later, later_of
from lienthong.exchange.exchanged import Call
from lienthong.exchange.gateway import Gateway
from lienthong.exchange.http import HttpMessage, encode_head
from lienthong.exchange.packet import CallPacket, CallPart, content_of, notice_of
from lienthong.exchange.transport.memory_broker import Listener
from lienthong.kernel.identifiers import ClientId, OrganId, ServiceId, parse_client
from lienthong.kernel.labels import INTERNAL, Label
from lienthong.trust import envelope
from lienthong.trust.envelope import Session
from lienthong.trust.errors import JournalError
from lienthong.trust.header import Header, Kind
from lienthong.trust.journal import Entry
from lienthong.trust.keys import PublicKey
from lienthong.trust.seal import Verifier, digest_of, header_of
from tests.support.gateways import COMMUNE, HSO, UNITS, Echo, World, new_content_key

HEAD = encode_head((("accept", "*/*"),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A call on the wire, and what its maker knows of it."""

    header: Header
    sealed: bytes
    parts: tuple[CallPart, ...]
    session: Session
    data: bytes

    def opened(self, answer: bytes) -> CallPacket:
        """Decrypt the answer."""
        return CallPacket.from_bytes(self.session.decrypt_response(answer, aad=digest_of(self.sealed)))

    def later(self, answer: bytes) -> Later | None:
        """Decrypt the word that the answer comes later, if it is that."""
        return later_of(self.session.decrypt_response(answer, aad=digest_of(self.sealed)))

    def again(self) -> bytes:
        """The same call under the session that it has opened."""
        return self.session.encrypt_request(CallPacket(sealed=self.sealed, parts=self.parts).to_bytes())


def raw_call(  # noqa: PLR0913 - everything that a test may want to be wrong
    world: World,
    *,
    sender: object = HSO,
    receiver: object = UNITS,
    by: OrganId | None = None,
    to: OrganId | None = None,
    head: bytes = HEAD,
    body: bytes = b"",
    parts: tuple[CallPart, ...] | None = None,
    pq: bool = False,
    **fields: object,
) -> Raw:
    """Make a call; what is not given is as it should be."""
    base: dict[str, object] = {
        "method": "GET",
        "path": "/a",
        "contents": (content_of(head), content_of(body)),
        "kind": Kind.REQUEST,
    }
    header = world.header(sender, receiver, **cast("dict[str, Any]", base | fields))
    sealed = world.seal(header, by or parse_client(str(sender)).organ)
    parts = (head, body) if parts is None else parts
    content_key = new_content_key()
    provider = to or ServiceId.parse(str(receiver)).organ
    data = world.wrap(sealed, provider, *parts, content_key=content_key, pq=pq)
    return Raw(header=header, sealed=sealed, parts=parts, session=Session.derive(content_key), data=data)


async def said(world: World, raw: Raw, *, sender: OrganId | None = None, to: OrganId | None = None) -> str:
    """Bring a call to its provider and return how it ended: ``ok``, a sealed fault, or ``notice: code``."""
    caller = sender or parse_client(raw.header.sender).organ
    answer = await world.ask(caller, to or ServiceId.parse(raw.header.receiver).organ, raw.data)
    code = notice_of(answer)
    if code is None and (later := raw.later(answer)) is not None:
        assert later.digest == digest_of(raw.sealed)
        question = Await(later.name).to_bytes()
        answer = await world.ask(caller, to or ServiceId.parse(raw.header.receiver).organ, question)
        code = notice_of(answer)
    if code is not None:
        return f"notice: {code}"
    return header_of(raw.opened(answer).sealed).fault or "ok"


def answer_header(world: World, raw: Raw, answer: bytes) -> Header:
    """The header of an answer, its seal checked against the commune's key."""
    key = world.directory.snapshot.sealing_key(COMMUNE, world.clock.now())
    return Verifier(lambda _, __: key).open(raw.opened(answer).sealed, at=world.clock.now()).header


def envelope_digest(raw: Raw) -> bytes:
    """What an answer refers to."""
    return content_of(raw.sealed).digest


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


def call(
    client: ClientId = HSO, service: ServiceId = UNITS, path: str = "/a", body: bytes = b"", label: Label = INTERNAL
) -> Call:
    """A call as an information system makes it."""
    return Call(
        client=client,
        service=service,
        method="GET",
        path=path,
        message=HttpMessage(headers=(("x-road-client", str(client)),), body=body),
        connection=policy.Connection(),
        label=label,
    )


@dataclass(slots=True)
class FakeProvider:
    """Stands at the place of a provider's gateway, with its keys, and answers as a test tells it."""

    world: World
    # Makes the answer from the call's header, the digest of its seal and the session.
    make: Callable[[Header, bytes, Session], bytes]
    calls: int = 0

    def listen(self) -> None:
        """Answer the calls to the province."""
        self.world.broker.listen(Listener("rpc.01.p1.>", self.answer, ""))

    async def answer(self, _: str, data: bytes) -> bytes:
        self.calls += 1
        unwrapped = envelope.decrypt(data, store=self.world.stores["p1"], resolve=self._key)
        packet = CallPacket.from_bytes(unwrapped.plaintext)
        session = Session.derive(unwrapped.content_key)
        return self.make(header_of(packet.sealed), digest_of(packet.sealed), session)

    def _key(self, kid: bytes) -> PublicKey:
        owner = self.world.directory.snapshot.key(kid)
        assert owner is not None
        return owner.key


async def fill_disk(gateway: Gateway) -> None:
    """Let the disk of a gateway's journal be full from now on."""
    journal = gateway.node.journal
    with journal._writer._connection, closing(journal._file.writer.cursor()) as cursor:
        (pages,) = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    # What is left of the last pages goes, too.
    for size in (20_000, 3000, 400, 1, 1, 1):
        try:
            while True:
                await journal.commit([_filler(size)])
        except JournalError:
            continue


def free_disk(gateway: Gateway) -> None:
    """Let there be room again."""
    journal = gateway.node.journal
    with journal._writer._connection, closing(journal._file.writer.cursor()) as cursor:
        cursor.execute("PRAGMA max_page_count = 1000000000")


def _filler(size: int) -> Entry:
    return Entry(
        at=0,
        organ="",
        direction="own",
        kind="filler",
        id="",
        peer="",
        label="",
        purpose="",
        verdict="",
        detail="x" * size,
    )
