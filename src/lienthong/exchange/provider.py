"""Calls, on the side of who provides: open, check, decide, record, carry out, seal, record, answer."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence

from lienthong.directory.model import Organ
from lienthong.exchange import bundle
from lienthong.exchange.alarms import alarm
from lienthong.exchange.answering import Answering, Ready, Received
from lienthong.exchange.archive.archive import Archive
from lienthong.exchange.backend import Backend
from lienthong.exchange.bundle import Bundle
from lienthong.exchange.descriptions import Descriptions
from lienthong.exchange.errors import ExchangeError, Malformed
from lienthong.exchange.gathering import Gathering
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.lanes import UNKNOWN_SESSION
from lienthong.exchange.node import Node
from lienthong.exchange.packet import BlobRef, Packet, Part, notice
from lienthong.exchange.sessions import Ends, Opening, ProviderSessions
from lienthong.exchange.subjects import Route
from lienthong.kernel.errors import LienthongError
from lienthong.trust import envelope
from lienthong.trust.envelope import Session
from lienthong.trust.errors import JournalError, TrustError
from lienthong.trust.header import Header, Kind
from lienthong.trust.journal import Entry, Statement
from lienthong.trust.seal import Opened, seal_bundle

_log = logging.getLogger(__name__)


class Provider:
    """Answers calls to the services of one gateway's organs."""

    def __init__(
        self,
        node: Node,
        backend: Backend,
        *,
        archive: Archive | None = None,
        descriptions: Descriptions | None = None,
    ) -> None:
        """Answer with what the backend says; copies go into the archive, if there is one."""
        self._node = node
        self._steps = Answering(node, backend, archive=archive, descriptions=descriptions)
        self._sessions = ProviderSessions(node.clock)

    async def handle(self, subject: str, data: bytes) -> bytes | AsyncGenerator[bytes]:
        """Answer what came from the carrier.

        Returns:
            For a call an encrypted answer, for a bundle of calls several as they become ready; a notice when there is
            nobody to seal for.
        """
        seals: list[bytes] = []
        try:
            plaintext, opening, route = self._decrypted(Route.parse(subject), data)
            calls = self._opened(plaintext, opening, route, seals, opens=envelope.session_id_of(data) is None)
        except _UnknownSession:
            return notice(UNKNOWN_SESSION)
        except LienthongError as error:
            return await self._alarm(subject, error, seals)
        if bundle.is_bundle(plaintext):
            return self._answer_all(subject, calls, bundle.digest_of(plaintext))
        try:
            return await self._answer(calls[0])
        except JournalError as error:
            # Nothing counts without evidence, a refusal neither.
            return notice(error.code)
        except LienthongError as error:
            # Not even a refusal can be sealed: our key has ended, or the store refuses.
            return await self._alarm(subject, error, seals)

    def _decrypted(self, route: Route, data: bytes) -> tuple[bytes, Opening, Route]:
        session_id = envelope.session_id_of(data)
        if session_id is None:
            unwrapped = self._node.unwrap(data, route.to_organ)
            opening = Opening(session=Session.derive(unwrapped.content_key), kid=unwrapped.kid)
            return unwrapped.plaintext, opening, route
        known = self._sessions.find(session_id, Ends(caller=route.from_organ, provider=route.to_organ))
        if known is None:
            raise _UnknownSession
        return known.session.decrypt_request(data), known, route

    def _opened(
        self, plaintext: bytes, opening: Opening, route: Route, seals: list[bytes], *, opens: bool
    ) -> list[Received]:
        opened: Sequence[tuple[Opened, bytes, tuple[Part, ...]]]
        if bundle.is_bundle(plaintext):
            opened = Bundle.from_bytes(plaintext).opened(self._node.verifier, at=self._node.clock.now())
        else:
            packet = Packet.from_bytes(plaintext)
            seals.append(packet.sealed)
            opened = [(self._node.open_seal(packet.sealed), packet.sealed, packet.parts)]
        ends = Ends(caller=route.from_organ, provider=route.to_organ) if opens else None
        return [
            Received(
                opened=each,
                sealed=sealed,
                parts=parts,
                opening=opening,
                receiver=self._receiver(each.header, route),
                route=route,
                opens=ends,
            )
            for each, sealed, parts in opened
        ]

    def _receiver(self, header: Header, route: Route) -> Organ:
        if header.kind is not Kind.REQUEST:
            raise Malformed(f"a {header.kind} where a request belongs")
        return self._node.check_receiver(header, route.to_organ)

    # -- one call

    async def _answer(self, received: Received) -> bytes:
        try:
            self._steps.allow(received)
            message = await self._steps.message(received)
            entry, claim = self._steps.claim(received)
            await self._record([received], [entry], claim)
            ready = await self._steps.carry_out(received, message)
        except (ExchangeError, TrustError) as error:
            ready = self._steps.refuse(received, error)
        sealed = await self._node.seals.seal(ready.encoded, self._node.sealing_key(received.receiver))
        await self._node.journal.commit([self._steps.entry(ready, sealed)])
        packet = Packet(sealed=sealed, parts=ready.parts)
        return received.opening.session.encrypt_response(packet.to_bytes(), aad=received.opened.digest)

    async def _record(self, claimed: Sequence[Received], entries: Sequence[Entry], claims: Sequence[Statement]) -> None:
        """Make evidence of calls, and the memory against replays, durable: before that the backend is not asked.

        Raises:
            JournalError: nothing was recorded, and the ids are free.
        """
        try:
            await self._node.journal.commit(entries, claims)
        except JournalError:
            for received in claimed:
                self._node.replay.release(received.opened.header)
            raise
        if claimed and claimed[0].opens is not None:
            # Only now: a replayed or refused call must not keep its session alive.
            self._sessions.remember(claimed[0].opening, claimed[0].opens)

    # -- a bundle of calls

    async def _answer_all(self, subject: str, calls: Sequence[Received], aad: bytes) -> AsyncGenerator[bytes]:
        ready = Gathering[Ready](len(calls))
        tasks: list[asyncio.Task[None]] = []
        try:
            for received, message in await self._accept(calls, ready):
                # Eager: what need not wait is done when this returns.
                work = self._carry_out(received, message, ready)
                tasks.append(asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True))
            async for batch in ready.batches():
                for group in bundle.groups(batch, size=_size, alone=_is_large):
                    yield await self._sealed(group, aad)
        except JournalError as error:
            yield notice(error.code)
        except LienthongError as error:
            yield await self._alarm(subject, error, ())
        finally:
            # What was recorded as asked is carried out, also when nobody waits for the answer any more.
            await asyncio.gather(*tasks)

    async def _accept(self, calls: Sequence[Received], ready: Gathering[Ready]) -> list[tuple[Received, HttpMessage]]:
        """Decide on each call, record those that are accepted, and refuse the others."""
        accepted: list[tuple[Received, HttpMessage]] = []
        entries: list[Entry] = []
        claims: list[Statement] = []
        for received in calls:
            try:
                self._steps.allow(received)
                message = self._steps.inline(received)
                entry, claim = self._steps.claim(received)
            except (ExchangeError, TrustError) as error:
                ready.add(self._steps.refuse(received, error))
            else:
                accepted.append((received, message))
                entries.append(entry)
                claims += claim
        await self._record([received for received, _ in accepted], entries, claims)
        return accepted

    async def _carry_out(self, received: Received, message: HttpMessage, ready: Gathering[Ready]) -> None:
        try:
            ready.add(await self._steps.carry_out(received, message))
        except (ExchangeError, TrustError) as error:
            ready.add(self._steps.refuse(received, error))
        except Exception:  # noqa: BLE001 - see the comment
            # As for a call alone a defect leaves this one without an answer; the others get theirs.
            _log.exception("no answer for %s: a defect", received.opened.header.receiver)
            ready.give_up()

    async def _sealed(self, group: Sequence[Ready], aad: bytes) -> bytes:
        """Seal and record answers that are ready at the same time."""
        first = group[0]
        key = self._node.sealing_key(first.received.receiver)
        bundled = seal_bundle([each.encoded for each in group], key=key, store=self._node.store)
        await self._node.journal.commit(
            [self._steps.entry(each, sealed) for each, sealed in zip(group, bundled.seals, strict=True)]
        )
        if _is_large(first):
            plaintext = Packet(sealed=bundled.seals[0], parts=first.parts).to_bytes()
        else:
            inline = [(each.header, tuple([part for part in each.parts if isinstance(part, bytes)])) for each in group]
            plaintext = Bundle.of(bundled, inline).to_bytes()
        return first.received.opening.session.encrypt_response(plaintext, aad=aad)

    async def _alarm(self, subject: str, error: LienthongError, seals: Sequence[bytes]) -> bytes:
        entry = alarm(self._node, subject, error, tuple(seals))
        try:
            await self._node.journal.commit([entry])
        except JournalError as failure:
            return notice(failure.code)
        return notice(error.code)


def _is_large(ready: Ready) -> bool:
    return any(isinstance(part, BlobRef) for part in ready.parts)


def _size(ready: Ready) -> int:
    return len(ready.encoded) + sum(len(part) for part in ready.parts if isinstance(part, bytes))


class _UnknownSession(Exception):
    """The call is under a session that is not known here."""
