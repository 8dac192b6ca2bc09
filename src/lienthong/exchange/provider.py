"""Calls, on the side of who provides: open, check, decide, record, carry out, seal, record, answer."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine, Sequence
from typing import Any

import msgspec

from lienthong.directory.model import Organ
from lienthong.exchange import asks, bundle
from lienthong.exchange.alarms import alarm
from lienthong.exchange.answering import Answering, Ready, Received, Unfinished
from lienthong.exchange.archive.archive import Archive
from lienthong.exchange.asks import Asker
from lienthong.exchange.backend import Backend
from lienthong.exchange.bundle import Bundle
from lienthong.exchange.deferred import Deferred
from lienthong.exchange.descriptions import Descriptions
from lienthong.exchange.errors import ExchangeError, Malformed
from lienthong.exchange.gathering import Gathering
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.lanes import UNKNOWN_SESSION
from lienthong.exchange.node import Node
from lienthong.exchange.packet import CallPacket, CallPart, HeldRef, notice
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


class _Later(msgspec.Struct, frozen=True):
    """The word that an answer comes later, encrypted."""

    word: bytes


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
        self._deferred = Deferred()

    async def handle(self, subject: str, data: bytes) -> bytes | AsyncGenerator[bytes]:
        """Answer what came from the carrier.

        Returns:
            For a call an encrypted answer, for a bundle of calls several as they become ready, the word that it comes
            later among them; what was asked for of it; a notice when there is nobody to seal for.
        """
        if data.startswith(asks.PREFIXES):
            return await self._asked(subject, data)
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
        except LienthongError as error:
            return await self._unanswered(subject, error, seals)

    async def _asked(self, subject: str, data: bytes) -> bytes | AsyncGenerator[bytes]:
        """Answer a question for something that is held here or being worked on."""
        try:
            route, question = Route.parse(subject), asks.ask_of(data)
        except LienthongError as error:
            return await self._alarm(subject, error, ())
        asker = Asker.on(route)
        if isinstance(question, asks.Await):
            return await self._deferred.asked(asker, question)
        return self._node.held.asked(asker, question, max_payload=self._node.carrier.max_payload)

    async def close(self) -> None:
        """Give up answers that are being worked on."""
        await self._deferred.close()

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
        opened: Sequence[tuple[Opened, bytes, tuple[CallPart, ...]]]
        if bundle.is_bundle(plaintext):
            opened = Bundle.from_bytes(plaintext).opened(self._node.verifier, at=self._node.clock.now())
        else:
            packet = CallPacket.from_bytes(plaintext)
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
            message = self._steps.message(received)
            if not isinstance(message.body, bytes):
                self._deferred.check(Asker.on(received.route))
            entry, claim = self._steps.claim(received)
            await self._record([received], [entry], claim)
            if not isinstance(message.body, bytes):
                return self._later(received, received.opened.digest, self._asked_at_length(received, message))
            ready = await self._steps.carry_out(received, message)
            if isinstance(ready, Unfinished):
                return self._later(received, received.opened.digest, self._steps.finish(received, ready))
        except (ExchangeError, TrustError) as error:
            ready = self._steps.refuse(received, error)
        return await self._reply(ready, received.opened.digest)

    async def _reply(self, ready: Ready, aad: bytes) -> bytes:
        """Seal and record an answer that goes by itself."""
        received = ready.received
        try:
            sealed = await self._node.seals.seal(ready.encoded, self._node.sealing_key(received.receiver))
            await self._node.journal.commit([self._steps.entry(ready, sealed)])
        except LienthongError:
            self._let_go(ready)
            raise
        packet = CallPacket(sealed=sealed, parts=ready.parts)
        return received.opening.session.encrypt_response(packet.to_bytes(), aad=aad)

    def _let_go(self, ready: Ready) -> None:
        for part in ready.parts:
            if isinstance(part, HeldRef):
                self._node.held.drop(part.name)

    # -- an answer that takes a while

    def _later(self, received: Received, aad: bytes, work: Coroutine[Any, Any, Ready]) -> bytes:
        """Work on an answer in the background; returns the word that it comes later."""
        name = self._deferred.begin(Asker.on(received.route), self._brought(received, aad, work))
        later = asks.Later(received.opened.digest, name)
        return received.opening.session.encrypt_response(later.to_bytes(), aad=aad)

    async def _asked_at_length(self, received: Received, message: HttpMessage) -> Ready:
        ready = await self._steps.carry_out(received, message)
        return await self._steps.finish(received, ready) if isinstance(ready, Unfinished) else ready

    async def _brought(self, received: Received, aad: bytes, work: Coroutine[Any, Any, Ready]) -> bytes:
        try:
            try:
                ready = await work
            except (ExchangeError, TrustError) as error:
                ready = self._steps.refuse(received, error)
            return await self._reply(ready, aad)
        except LienthongError as error:
            return await self._unanswered(str(received.opened.header.id), error, (received.sealed,))

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
        ready = Gathering[Ready | _Later](len(calls))
        tasks: list[asyncio.Task[None]] = []
        try:
            for received, message in await self._accept(calls, ready):
                # Eager: what need not wait is done when this returns.
                work = self._carry_out(received, message, ready, aad)
                tasks.append(asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True))
            async for batch in ready.batches():
                for each in batch:
                    if isinstance(each, _Later):
                        yield each.word
                answers = [each for each in batch if isinstance(each, Ready)]
                for group in bundle.groups(answers, size=_size, alone=_never):
                    yield await self._sealed(group, aad)
        except LienthongError as error:
            yield await self._unanswered(subject, error, ())
        finally:
            # What was recorded as asked is carried out, also when nobody waits for the answer any more.
            await asyncio.gather(*tasks)

    async def _accept(
        self, calls: Sequence[Received], ready: Gathering[Ready | _Later]
    ) -> list[tuple[Received, HttpMessage]]:
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

    async def _carry_out(
        self, received: Received, message: HttpMessage, ready: Gathering[Ready | _Later], aad: bytes
    ) -> None:
        try:
            answer = await self._steps.carry_out(received, message)
        except (ExchangeError, TrustError) as error:
            answer = self._steps.refuse(received, error)
        except Exception:  # noqa: BLE001 - see the comment
            # As for a call alone a defect leaves this one without an answer; the others get theirs.
            _log.exception("no answer for %s: a defect", received.opened.header.receiver)
            ready.give_up()
            return
        if isinstance(answer, Unfinished):
            ready.add(_Later(self._later(received, aad, self._steps.finish(received, answer))))
        else:
            ready.add(answer)

    async def _sealed(self, group: Sequence[Ready], aad: bytes) -> bytes:
        """Seal and record answers that are ready at the same time."""
        first = group[0]
        key = self._node.sealing_key(first.received.receiver)
        bundled = seal_bundle([each.encoded for each in group], key=key, store=self._node.store)
        await self._node.journal.commit(
            [self._steps.entry(each, sealed) for each, sealed in zip(group, bundled.seals, strict=True)]
        )
        inline = [(each.header, tuple([part for part in each.parts if isinstance(part, bytes)])) for each in group]
        plaintext = Bundle.of(bundled, inline).to_bytes()
        return first.received.opening.session.encrypt_response(plaintext, aad=aad)

    async def _unanswered(self, subject: str, error: LienthongError, seals: Sequence[bytes]) -> bytes:
        if isinstance(error, JournalError):
            # Nothing counts without evidence, a refusal neither.
            return notice(error.code)
        # Not even a refusal can be sealed: our key has ended, or the store refuses.
        return await self._alarm(subject, error, seals)

    async def _alarm(self, subject: str, error: LienthongError, seals: Sequence[bytes]) -> bytes:
        entry = alarm(self._node, subject, error, tuple(seals))
        try:
            await self._node.journal.commit([entry])
        except JournalError as failure:
            return notice(failure.code)
        return notice(error.code)


def _never(_: Ready) -> bool:
    return False


def _size(ready: Ready) -> int:
    return len(ready.encoded) + sum(len(part) for part in ready.parts if isinstance(part, bytes))


class _UnknownSession(Exception):
    """The call is under a session that is not known here."""
