"""What the demo tries against the exchange, with the means of somebody who has got hold of a gateway's carrier."""

import asyncio
import os
import secrets
import sqlite3
import uuid
from contextlib import closing
from copy import replace
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lienthong.directory.model import Organ
from lienthong.exchange.gateway import Gateway
from lienthong.exchange.http import encode_head
from lienthong.exchange.packet import Packet, content_of
from lienthong.exchange.subjects import call_subject, mail_subject
from lienthong.kernel.clock import MINUTE
from lienthong.kernel.identifiers import ServiceId, SubsystemId
from lienthong.kernel.labels import INTERNAL
from lienthong.trust import envelope, seal
from lienthong.trust.envelope import Session
from lienthong.trust.header import Header, Kind
from lienthong.trust.seal import digest_of

_PATIENCE: Final = 10.0
_POLL: Final = 0.05
_CALL_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt and what came of it."""

    # tampered, forged, misdirected, replayed
    name: str
    # What the receiving gateway said; empty if it noticed nothing.
    verdict: str

    @property
    def detected(self) -> bool:
        """Whether it was caught."""
        return bool(self.verdict)


class Attacker:
    """Somebody with the broker credential and the key store of one gateway, who misuses both."""

    def __init__(self, gateway: Gateway, victim: Organ, journal: Path) -> None:
        """Attack.

        Args:
            gateway: whose means are misused.
            victim: the organ at another gateway that is attacked.
            journal: that gateway's journal: its alarms tell what was noticed.
        """
        self._gateway = gateway
        self._node = gateway.node
        self._victim = victim
        self._journal = journal
        self._self = self._node.snapshot.organs_at(self._node.site)[0]

    async def tamper(self) -> Attempt:
        """Change one bit of a message under way."""
        data = bytearray(self._message(self._header(self._victim)))
        data[len(data) // 2] ^= 1
        return await self._send("tampered", bytes(data))

    async def forge(self, other: Organ) -> Attempt:
        """Send a message in the name of another organ, sealed with a key that is not its own."""
        return await self._send("forged", self._message(replace(self._header(self._victim), sender=str(other.id))))

    async def misdirect(self, other: Organ) -> Attempt:
        """Pass a message that was sealed for one organ on to another."""
        return await self._send("misdirected", self._message(self._header(other)))

    async def replay(self, client: SubsystemId, service: ServiceId, path: str) -> Attempt:
        """Send a recorded call a second time."""
        at = self._node.clock.now()
        head = encode_head(())
        header = Header(
            kind=Kind.REQUEST,
            id=uuid.uuid4(),
            sender=str(client),
            receiver=str(service),
            label=INTERNAL,
            created=at,
            expires=at + MINUTE,
            method="GET",
            path=path,
            contents=(content_of(head), content_of(b"")),
        )
        provider = self._node.organ(service.organ)
        sealed = seal.seal(header, key=self._node.sealing_key(self._self), store=self._node.store)
        content_key = os.urandom(envelope.KEY_SIZE)
        recorded = envelope.encrypt(
            Packet(sealed=sealed, parts=(head, b"")).to_bytes(),
            to=self._node.wrapping_key(provider, header),
            content_key=content_key,
        )
        subject = call_subject(self._self, provider)
        await self._node.carrier.request(subject, recorded, timeout=_CALL_SECONDS)
        again = await self._node.carrier.request(subject, recorded, timeout=_CALL_SECONDS)
        answer = Session.derive(content_key).decrypt_response(again, aad=digest_of(sealed))
        return Attempt(name="replayed", verdict=seal.header_of(Packet.from_bytes(answer).sealed).fault)

    def _header(self, receiver: Organ) -> Header:
        at = self._node.clock.now()
        return Header(
            kind=Kind.MESSAGE,
            id=uuid.uuid4(),
            sender=str(self._self.id),
            receiver=str(receiver.id),
            label=INTERNAL,
            created=at,
            expires=at + MINUTE,
            contents=(content_of(b"attack", name="a.txt", media_type="text/plain"),),
        )

    def _message(self, header: Header) -> bytes:
        sealed = seal.seal(header, key=self._node.sealing_key(self._self), store=self._node.store)
        plaintext = Packet(sealed=sealed, parts=(b"attack",)).to_bytes()
        return envelope.encrypt(plaintext, to=self._node.wrapping_key(self._victim, header))

    async def _send(self, name: str, data: bytes) -> Attempt:
        before = self._alarms()
        subject = mail_subject(self._self, self._victim)
        await self._node.carrier.publish_durable(subject, data, msg_id=secrets.token_hex(16))
        for _ in range(round(_PATIENCE / _POLL)):
            noticed = self._alarms()
            if len(noticed) > len(before):
                return Attempt(name=name, verdict=noticed[-1])
            await asyncio.sleep(_POLL)
        return Attempt(name=name, verdict="")

    def _alarms(self) -> list[str]:
        with closing(sqlite3.connect(f"file:{self._journal}?mode=ro", uri=True)) as journal:
            rows = journal.execute("SELECT verdict FROM entries WHERE kind = 'alarm' ORDER BY idx").fetchall()
        return [verdict for (verdict,) in rows]
