"""Lanes: calls from one organ to another that wait at the same time travel together.

What gathers while each turn of the event loop brings more goes out as one bundle; a call alone goes as a packet.
Nothing waits for a timer. Answers come back as they are ready, each is checked and recorded, and all that came in
one reply share one transaction of the journal.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final

from lienthong.exchange import bundle
from lienthong.exchange.alarms import kind_of
from lienthong.exchange.asks import WORKING, Await, Later, later_of
from lienthong.exchange.boarding import Boarding
from lienthong.exchange.bundle import Bundle
from lienthong.exchange.errors import (
    AnswerInvalid,
    CarrierTimeout,
    CarrierUnavailable,
    ExchangeError,
    LimitExceeded,
    NoResponder,
    RemoteError,
)
from lienthong.exchange.exchanged import Answer, Sent
from lienthong.exchange.http import HttpMessage, decode_head
from lienthong.exchange.node import Node
from lienthong.exchange.packet import CallPacket, CallPart, HeldRef, check_content, check_contents, notice_of
from lienthong.exchange.pulling import Incoming
from lienthong.exchange.sessions import CallerSessions, Ends
from lienthong.exchange.subjects import call_subject
from lienthong.kernel.clock import SECOND
from lienthong.kernel.errors import LienthongError
from lienthong.trust.envelope import Session
from lienthong.trust.errors import JournalError, KeyStoreError, TrustError
from lienthong.trust.header import Content, Kind
from lienthong.trust.journal import Entry
from lienthong.trust.keys import PublicKey
from lienthong.trust.seal import Opened, digest_of, seal_bundle

UNKNOWN_SESSION: Final = "unknown_session"
# How long one question for an answer may take (its provider answers sooner, if only that it works), after how
# long a silence it is given up, and the pause before it is asked again.
_AWAIT_SECONDS: Final = 20.0
_SILENCE_SECONDS: Final = 30.0
_AGAIN_SECONDS: Final = 0.25
# For how long an answer is asked for at all: longer than any body takes, and not for ever.
_LONGEST_SECONDS: Final = 6 * 3600.0
# Of a call and its answer: head and body.
_CONTENTS: Final = 2
# Calls that leave at once: while the provider works on them, the next may gather.
_FULL: Final = 24

type _Settle = Callable[[], None]


@dataclass(slots=True, eq=False, kw_only=True)
class _Waiting:
    """A call, and who waits for its answer."""

    sent: Sent
    answer: asyncio.Future[Answer]
    # Its seal and the answer's, as far as they are there: the evidence.
    seals: list[bytes] = field(default_factory=list)
    # Its answer is being taken, or it has failed.
    settled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """Calls in the form in which they leave."""

    plaintext: bytes
    # What the envelopes of the answers are bound to.
    aad: bytes
    calls: dict[bytes, _Waiting]
    sender_token: str
    receiver_token: str
    subject: str
    key: PublicKey

    @property
    def ends(self) -> Ends:
        return Ends(caller=self.sender_token, provider=self.receiver_token)

    def waiting(self) -> list[_Waiting]:
        return [call for call in self.calls.values() if not call.settled]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Come:
    """An answer whose seal has been checked."""

    call: _Waiting
    opened: Opened
    parts: tuple[CallPart, ...]


class Lanes:
    """Brings calls to their providers and their answers back."""

    def __init__(self, node: Node) -> None:
        """Call from this node."""
        self._node = node
        self._sessions = CallerSessions(node.clock)
        # By the carrier's tokens of both ends, and the key that is encrypted to.
        self._boarding = Boarding[_Waiting](self._depart, full=_FULL)
        # What is under way: tasks that nobody else holds.
        self._running: set[asyncio.Task[None]] = set()

    async def exchange(self, sent: Sent) -> Answer:
        """Send a call and return its answer once both are recorded.

        When the caller is cancelled while it waits, the call goes on and is recorded all the same.

        Raises:
            ExchangeError, TrustError: no answer, or one that does not hold; recorded.
            KeyStoreError: it cannot be sealed; recorded.
            JournalError: the evidence cannot be written.
        """
        waiting = _Waiting(sent=sent, answer=asyncio.get_running_loop().create_future())
        self._boarding.add((sent.sender.token, sent.receiver.token, sent.key.kid), waiting)
        return await waiting.answer

    def _depart(self, lane: list[_Waiting]) -> None:
        for group in bundle.groups(lane, size=lambda call: call.sent.size, alone=lambda call: call.sent.is_large):
            self._start(group)

    def _start(self, group: list[_Waiting]) -> None:
        task = asyncio.Task(self._run(group), loop=asyncio.get_running_loop(), eager_start=True)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, group: list[_Waiting]) -> None:
        try:
            await self._bring(await self._sealed(group))
        except (ExchangeError, TrustError, KeyStoreError) as error:
            await self._fail([call for call in group if not call.settled], error)
        except Exception as error:  # noqa: BLE001 - a defect belongs to those who wait: they would wait for ever
            for call in group:
                if not call.answer.done():
                    call.answer.set_exception(error)

    async def _sealed(self, group: list[_Waiting]) -> _Message:
        first = group[0].sent
        key = self._node.sealing_key(first.sender)
        if len(group) == 1:
            sealed = await self._node.seals.seal(first.encoded, key)
            seals: Sequence[bytes] = (sealed,)
            plaintext, aad = CallPacket(sealed=sealed, parts=first.parts).to_bytes(), digest_of(sealed)
        else:
            bundled = seal_bundle([call.sent.encoded for call in group], key=key, store=self._node.store)
            seals = bundled.seals
            plaintext = Bundle.of(bundled, [(call.sent.header, call.sent.inline) for call in group]).to_bytes()
            aad = bundle.digest_of(plaintext)
        for call, sealed in zip(group, seals, strict=True):
            call.seals.append(sealed)
        return _Message(
            plaintext=plaintext,
            aad=aad,
            calls={digest_of(sealed): call for call, sealed in zip(group, seals, strict=True)},
            sender_token=first.sender.token,
            receiver_token=first.receiver.token,
            subject=call_subject(first.sender, first.receiver),
            key=first.key,
        )

    async def _bring(self, message: _Message) -> None:
        """Send calls and take the answers until all are there."""
        if not await self._ask(message):
            # The provider restarted or forgot: it has not looked at the calls, so they may be sent again.
            self._sessions.forget(ends=message.ends, key=message.key)
            if not await self._ask(message):
                raise RemoteError(UNKNOWN_SESSION, f"the provider's gateway said: {UNKNOWN_SESSION}")

    async def _ask(self, message: _Message) -> bool:
        """Send calls and take their answers; False when the provider does not know the session."""
        data, session = self._sessions.encrypt(message.plaintext, ends=message.ends, key=message.key)
        expires = min(call.sent.header.expires for call in message.calls.values())
        left = expires - self._node.clock.now()
        if left <= 0:
            raise CarrierTimeout(message.subject)
        async with aclosing(self._node.carrier.request_many(message.subject, data, timeout=left / SECOND)) as replies:
            async for reply in replies:
                code = notice_of(reply)
                if code == UNKNOWN_SESSION and len(message.waiting()) == len(message.calls):
                    return False
                if code is not None:
                    raise RemoteError(code, f"the provider's gateway said: {code}")
                await self._take(message, session, reply)
                if not message.waiting():
                    break
        return True

    async def _take(self, message: _Message, session: Session, reply: bytes) -> None:
        plaintext = session.decrypt_response(reply, aad=message.aad)
        later = later_of(plaintext)
        if later is not None:
            self._sessions.confirm(session, ends=message.ends, key=message.key)
            self._defer(message, session, later)
            return
        come = [self._matched(message, *each) for each in self._opened(message, plaintext)]
        if len({each.opened.header.answers for each in come}) < len(come):
            raise AnswerInvalid("two answers to one call in a bundle")
        self._sessions.confirm(session, ends=message.ends, key=message.key)
        for each in come:
            each.call.settled = True
        await self._finish(come)

    # -- an answer that takes a while

    def _defer(self, message: _Message, session: Session, later: Later) -> None:
        """Ask for an answer in the background, so that the others need not wait for it."""
        call = message.calls.get(later.digest)
        if call is None or call.settled:
            raise AnswerInvalid(f"a word of {later.digest.hex()}")
        call.settled = True
        task = asyncio.ensure_future(self._bring_later(message, session, later, call))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _bring_later(self, message: _Message, session: Session, later: Later, call: _Waiting) -> None:
        try:
            reply = await self._asked_for(message.subject, Await(later.name).to_bytes())
            plaintext = session.decrypt_response(reply, aad=message.aad)
            alone = replace(message, calls={later.digest: call})
            call.settled = False
            come = [self._matched(alone, *each) for each in self._opened(alone, plaintext)]
        except (ExchangeError, TrustError) as error:
            await self._fail([call], error)
        except Exception as error:  # noqa: BLE001 - as in ``_run``
            if not call.answer.done():
                call.answer.set_exception(error)
        else:
            call.settled = True
            await self._finish(come)

    async def _asked_for(self, subject: str, question: bytes) -> bytes:
        """Ask until the answer is there; a carrier or a gateway that is away for a while changes nothing."""
        loop = asyncio.get_running_loop()
        begun = heard = loop.time()
        while loop.time() - begun < _LONGEST_SECONDS:
            asked = loop.time()
            try:
                reply = await self._node.carrier.request(subject, question, timeout=_AWAIT_SECONDS)
            except (CarrierTimeout, CarrierUnavailable, NoResponder):
                if loop.time() - heard > _SILENCE_SECONDS:
                    raise
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            code = notice_of(reply)
            if code is None:
                return reply
            if code not in {LimitExceeded.code, WORKING}:
                raise RemoteError(code, f"the provider's gateway said: {code}")
            heard = loop.time()
            # Whoever says at once that it is working must not keep us busy.
            await asyncio.sleep(_AGAIN_SECONDS - (heard - asked))
        raise CarrierTimeout(subject)

    def _opened(self, message: _Message, plaintext: bytes) -> list[tuple[Opened, bytes, tuple[CallPart, ...]]]:
        if bundle.is_bundle(plaintext):
            opened = Bundle.from_bytes(plaintext).opened(self._node.verifier, at=self._node.clock.now())
            return list(opened)
        packet = CallPacket.from_bytes(plaintext)
        waiting = message.waiting()
        if len(waiting) == 1:
            # Evidence whether it holds or not.
            waiting[0].seals.append(packet.sealed)
        return [(self._node.open_seal(packet.sealed), packet.sealed, packet.parts)]

    def _matched(self, message: _Message, opened: Opened, sealed: bytes, parts: tuple[CallPart, ...]) -> _Come:
        header = opened.header
        call = message.calls.get(header.answers)
        belongs = (
            call is not None
            and not call.settled
            and header.kind is Kind.RESPONSE
            and header.id == call.sent.header.id
            and header.sender == call.sent.header.receiver
            and header.receiver == call.sent.header.sender
        )
        if call is None or not belongs:
            raise AnswerInvalid(f"{header.kind} {header.id} from {header.sender}")
        if sealed not in call.seals:
            call.seals.append(sealed)
        return _Come(call=call, opened=opened, parts=parts)

    async def _finish(self, come: Sequence[_Come]) -> None:
        """Check contents, record all together, and wake those who wait."""
        entries: list[Entry] = []
        settles: list[_Settle] = []
        for each in come:
            try:
                answer = self._answer(each)
            except (ExchangeError, TrustError) as error:
                entries.append(self._failure(each.call, error))
                settles.append(_failing(each.call, error))
            else:
                entries.append(self._entry(each.call))
                settles.append(_succeeding(each.call, answer))
        await self._settle([each.call for each in come], entries, settles)

    def _answer(self, come: _Come) -> Answer:
        header = come.opened.header
        if header.fault:
            raise RemoteError(header.fault, header.note)
        match come.parts:
            case [bytes() as head, bytes() as body]:
                check_contents(header, (head, body))
                message = HttpMessage(headers=decode_head(head), body=body)
            case [bytes() as head, HeldRef() as ref] if len(header.contents) == _CONTENTS:
                check_content(header.contents[0], head)
                message = HttpMessage(
                    headers=decode_head(head), body=self._incoming(come.call, ref, header.contents[1])
                )
            case _:
                raise AnswerInvalid(f"the contents of {header.id}")
        return Answer(status=int(header.status), message=message, head=head)

    def _incoming(self, call: _Waiting, ref: HeldRef, content: Content) -> Incoming:
        async def failed(error: ExchangeError | TrustError) -> None:
            await self._node.journal.commit([self._failure(call, error)])

        subject = call_subject(call.sent.sender, call.sent.receiver)
        return self._node.pulls.incoming(ref, content, subject=subject, failed=failed)

    async def _fail(self, calls: Sequence[_Waiting], error: LienthongError) -> None:
        for call in calls:
            call.settled = True
        errors = [error, *(_alike(error) for _ in calls[1:])]
        settles = [_failing(call, each) for call, each in zip(calls, errors, strict=False)]
        await self._settle(calls, [self._failure(call, error) for call in calls], settles)

    async def _settle(self, calls: Sequence[_Waiting], entries: Sequence[Entry], settles: Sequence[_Settle]) -> None:
        if not entries:
            return
        try:
            await self._node.journal.commit(entries)
        except JournalError as error:
            # Nothing counts without evidence.
            settles = [_failing(call, _alike(error)) for call in calls]
        for settle in settles:
            settle()

    def _entry(self, call: _Waiting) -> Entry:
        return self._node.entry(call.sent.header, organ=call.sent.sender, direction="out", seals=tuple(call.seals))

    def _failure(self, call: _Waiting, error: LienthongError) -> Entry:
        remote = isinstance(error, RemoteError)
        return self._node.entry(
            call.sent.header,
            organ=call.sent.sender,
            direction="out",
            seals=tuple(call.seals),
            kind="refusal" if remote else kind_of(error),
            verdict=error.remote_code[:100] if isinstance(error, RemoteError) else error.code,
            detail=error.where if remote else str(error),
        )


def _succeeding(call: _Waiting, answer: Answer) -> _Settle:
    return lambda: None if call.answer.done() else call.answer.set_result(answer)


def _failing(call: _Waiting, error: Exception) -> _Settle:
    return lambda: None if call.answer.done() else call.answer.set_exception(error)


def _alike[E: LienthongError](error: E) -> E:
    # One for each waiter: an exception raised in several tasks would mix up their tracebacks.
    made = type(error).__new__(type(error), *error.args)
    made.__dict__.update(error.__dict__)
    return made
