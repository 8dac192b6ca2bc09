"""The client for asyncio. ``tools/generate_client.py`` makes the other one of it."""

import asyncio
import hashlib
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from functools import cached_property
from typing import BinaryIO, Unpack
from uuid import UUID

import httpx2

from lienthong.client import asks, calls
from lienthong.client.asker_async import AsyncAsker, unreachable
from lienthong.client.asking import passes, pause
from lienthong.client.connection import CONFLICT, PIECE, SendOptions, reply_of
from lienthong.client.errors import ClientError, Conflict, GatewayUnreachable
from lienthong.client.results import (
    Answer,
    DeadLetter,
    Event,
    EvidenceEntry,
    EvidenceReceipt,
    MailboxItem,
    MailboxPage,
    Message,
    MessageStatus,
    NewContent,
    Recalled,
    Sent,
    Standings,
    Status,
    Upload,
)
from lienthong.client.streams import Download, Events
from lienthong.client.topics_async import AsyncTopics
from lienthong.kernel.identifiers import ServiceId


class AsyncClient(AsyncAsker):
    """Talks to a gateway for one information system. Use it in an ``async with``."""

    @cached_property
    def topics(self) -> AsyncTopics:
        """Publishing on topics, and reading them."""
        return AsyncTopics(self._do)

    # -- sending

    async def send(
        self, receivers: Sequence[str], *, contents: Sequence[NewContent] = (), **options: Unpack[SendOptions]
    ) -> Sent:
        """Send a message; when this returns it is sealed, recorded and durable.

        Args:
            receivers: organs' identifiers, ``group:CODE`` of the centre's, ``local:CODE`` of the sending system's own,
                ``level:N``, ``below:ORGAN``, or ``*`` for everybody.
            contents: what it brings.
            options: see ``connection.SendOptions``; ``key`` makes it one message, however often it is sent.

        Raises:
            Refused: it may be sent to none of its receivers, or not by this information system.
            Problem: the gateway says no.
            GatewayUnreachable: it does not answer; with the same ``key`` it can be sent again.
        """
        key, subject = options.pop("key", None), options.pop("subject", "")
        return await self._do(
            asks.send(
                receivers,
                subject=subject,
                contents=contents,
                options={name: value for name, value in options.items() if value is not None},
                key=key or str(uuid.uuid4()),
            )
        )

    async def message(self, message: UUID) -> MessageStatus:
        """Return how far a sent message has come, with the sealed receipts of its receivers.

        Raises:
            NotFound: this organ has sent no such message.
        """
        return await self._do(asks.message(message))

    async def standings(self, message: UUID, *, after: int = 0) -> Standings:
        """Return how far a sent message has come, without seals: for many receivers, and to ask often.

        Args:
            message: its id.
            after: the ``position`` of the answer before, for those receivers only where it has moved since; what
                moved in the last seconds before may be told twice.

        Raises:
            NotFound: this organ has sent no such message.
        """
        return await self._do(asks.standings(message, after=after))

    async def recall(self, message: UUID, *, reason: str, receivers: Sequence[str] | None = None) -> Recalled:
        """Take a message back from those who have not accepted or refused it.

        Args:
            message: its id.
            reason: for the receivers' people.
            receivers: from these only; from all if not given.

        Raises:
            NotFound: this organ has sent no such message.
        """
        return await self._do(asks.recall(message, reason=reason, receivers=receivers))

    async def dead_letters(self, *, limit: int = 100) -> tuple[DeadLetter, ...]:
        """Return what will not reach its receivers by itself, the newest first."""
        return (await self._do(asks.dead_letters(limit))).letters

    async def redrive(self, message: UUID, *, receivers: Sequence[str] | None = None) -> Sent:
        """Send the dead letters of a message anew; what arrived after all does not arrive twice.

        Raises:
            NotFound: there are no such dead letters.
        """
        return await self._do(asks.redrive(message, receivers=receivers))

    async def upload(self, file: BinaryIO, *, size: int, digest: str | None = None) -> Upload:
        """Upload a content, piece by piece, going on where the gateway is when the connection is lost.

        Args:
            file: can be sought.
            size: bytes of the content.
            digest: its SHA-256, hexadecimal, if it is known: then another content is refused.

        Returns:
            The whole upload; ``NewContent(upload=upload.id)`` sends it.

        Raises:
            Problem: the gateway says no, such as that the content is too large.
            GatewayUnreachable: it does not come to its end.
        """
        upload, attempt = await self._do(asks.begin_upload(size, digest)), 0
        offset = upload.offset
        while True:
            file.seek(offset)
            try:
                upload = await self._do(asks.upload_piece(upload.id, offset, file.read(PIECE)))
                if upload.whole:
                    return upload
                # Bytes that came on the way, and were not acknowledged, are no progress.
                attempt, offset = (0 if upload.offset > offset else attempt + 1), upload.offset
            except (GatewayUnreachable, Conflict) as error:
                attempt += 1
                if attempt > self._settings.retries or (isinstance(error, Conflict) and error.status != CONFLICT):
                    raise
                await asyncio.sleep(pause(attempt))
                offset = await self._do(asks.upload_offset(upload.id))

    # -- the mailbox

    async def mailbox_page(
        self, *, state: str | None = None, after: str | None = None, limit: int = 100, wait: int = 0
    ) -> MailboxPage:
        """Return a part of the mailbox, urgent messages first.

        Args:
            state: only messages that have come so far and no further: delivered, opened, accepted or refused.
            after: the ``next`` of the page before.
            limit: at most so many, up to 1000.
            wait: seconds to wait for one if there is none, up to 60.
        """
        return await self._do(asks.mailbox(state=state, after=after, limit=limit, wait=wait))

    async def mailbox(self, *, state: str | None = None) -> AsyncIterator[MailboxItem]:
        """Yield the messages of the mailbox, urgent ones first, page by page."""
        after: str | None = None
        while True:
            page = await self.mailbox_page(state=state, after=after)
            for item in page.messages:
                yield item
            after = page.next
            if after is None:
                return

    async def incoming(self, *, wait: int = 30) -> AsyncIterator[Message]:
        """Yield every message that has not been accepted or refused, opened, and go on with those that come.

        First those that were opened before: whoever opened them may have ended before deciding. Decide on each
        message (``accept``, ``refuse``) while it is at hand, or it comes again at the next start.

        Args:
            wait: seconds for which one request waits for the next message, up to 60.
        """
        async for item in self.mailbox(state="opened"):
            yield await self.open(item.id, sender=item.sender)
        while True:
            page = await self.mailbox_page(state="delivered", limit=1, wait=wait)
            for item in page.messages:
                yield await self.open(item.id, sender=item.sender)

    async def open(self, message: UUID, *, sender: str | None = None) -> Message:
        """Open a message; its sender gets the receipt ``opened`` the first time.

        Args:
            message: its id.
            sender: needed only where two senders have used one id.

        Raises:
            NotFound: it is not in the mailbox.
        """
        return await self._do(asks.opened(message, sender=sender))

    async def content(self, message: UUID, number: int = 0, *, sender: str | None = None) -> bytes:
        """Return a content whole; ``download`` is for large ones.

        Raises:
            NotFound: there is no such message or content.
        """
        return await self._do(asks.content(message, number, sender=sender))

    async def download(self, message: UUID, number: int, file: BinaryIO, *, sender: str | None = None) -> str:
        """Write a content to a file, going on where it was when the connection is lost.

        Returns:
            Its digest (SHA-256, hexadecimal), which has been checked.

        Raises:
            NotFound: there is no such message or content.
            AnswerInvalid: what came is not that content.
            GatewayUnreachable: it does not come to its end.
        """
        digest = hashlib.sha256()
        async for data in self.pieces(message, number, sender=sender):
            digest.update(data)
            file.write(data)
        return digest.hexdigest()

    async def pieces(self, message: UUID, number: int = 0, *, sender: str | None = None) -> AsyncGenerator[bytes]:
        """Yield a content as it comes, going on where it was when the connection is lost.

        Only at the end it is known that all of it is what the sender sealed: until then it must not be relied on.

        Raises:
            NotFound, AnswerInvalid, GatewayUnreachable: as for ``download``.
        """
        download, attempt = Download(message, number, sender=sender), 0
        while True:
            before = download.taken
            try:
                async with self._stream(download.ask()) as response:
                    download.begin(reply_of(response))
                    async for data in response.aiter_raw():
                        download.take(data)
                        yield data
                download.finish()
                return
            except httpx2.TransportError as error:
                # Where something came, it is worth going on.
                attempt = 0 if download.taken > before else attempt + 1
                if attempt > self._settings.retries:
                    raise unreachable(error) from error
            await asyncio.sleep(pause(attempt))

    async def accept(
        self, message: UUID, *, note: str = "", key: str | None = None, sender: str | None = None
    ) -> MailboxItem:
        """Accept a message: the organ takes over what it asks. Saying it again changes nothing.

        Args:
            message: its id.
            note: for the sender's people.
            key: of the application's own choice, such as its register's number: with another key it is a
                Conflict, so that of several workers one knows that the message is its own to act on.
            sender: as for ``open``.

        Raises:
            NotFound: it is not in the mailbox.
            Conflict: it was refused before.
        """
        return await self._do(asks.accept(message, note=note, key=key, sender=sender))

    async def refuse(
        self, message: UUID, *, reason: str, key: str | None = None, sender: str | None = None
    ) -> MailboxItem:
        """Refuse a message and say why. Saying it again changes nothing; all else as for ``accept``.

        Raises:
            NotFound: it is not in the mailbox.
            Conflict: it was accepted before.
        """
        return await self._do(asks.refuse(message, reason=reason, key=key, sender=sender))

    # -- events

    async def events(self, *, after: int | None = None) -> AsyncIterator[Event]:
        """Yield what happens to the organ's messages, each event once, and come back when the connection is lost.

        Args:
            after: the ``position`` of the last event that was seen; from now on if None.

        Raises:
            Problem: the gateway says no.
            GatewayUnreachable: it did not come back for ``patience`` seconds.
        """
        reading, attempt, heard = Events(after), 0, time.monotonic()
        while True:
            try:
                async with self._stream(reading.ask()) as response:
                    async for data in response.aiter_raw():
                        attempt, heard = 0, time.monotonic()
                        for event in reading.take(data):
                            yield event
            except httpx2.TransportError as error:
                if time.monotonic() - heard >= self._settings.patience:
                    raise unreachable(error) from error
            except ClientError as problem:
                if not passes(problem) or time.monotonic() - heard >= self._settings.patience:
                    raise
            attempt += 1
            await asyncio.sleep(pause(attempt))

    # -- calls

    async def call(  # noqa: PLR0913 - all that makes a call
        self,
        service: ServiceId | str,
        method: str = "GET",
        path: str = "",
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        message_id: str | None = None,
    ) -> Answer:
        """Call a service, and check that the answer is to this very call.

        Args:
            service: INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE, each part percent-encoded.
            method: of HTTP.
            path: what follows the service's address, percent-encoded, such as ``/units?name=x``.
            body: of the call.
            headers: of the call, such as ``X-Lienthong-Purpose``.
            message_id: the client's own id of the call (``X-Road-Id``); made if not given.

        Raises:
            CallFailed: the exchange did not bring the call to its service, or the answer back; ``code`` is
                X-Road's type.
            AnswerInvalid: the answer is to another request.
            GatewayUnreachable: the gateway does not answer.
            IdentifierInvalid: the service or the path is of another form.
        """
        return await self._do(
            calls.call(
                service,
                method,
                path,
                body=body,
                headers=headers or {},
                message_id=message_id or str(uuid.uuid4()),
                checked=self._settings.check_hash,
            )
        )

    # -- evidence

    async def evidence(self, *, id: UUID | str | None = None, kind: str | None = None) -> AsyncIterator[EvidenceEntry]:  # noqa: A002 - what it is called everywhere else
        """Yield the evidence about the organ, newest first.

        Args:
            id: only that of this exchange: a message's id, a call's ``request_id``.
            kind: only that of this kind, such as ``receipt``.
        """
        before: int | None = None
        while True:
            page = await self._do(asks.evidence(id_=id, kind=kind, before=before, limit=100))
            for entry in page.entries:
                yield entry
            before = page.next
            if before is None:
                return

    async def evidence_receipt(self, index: int) -> EvidenceReceipt:
        """Return the proof that an entry stands in the gateway's journal.

        Raises:
            NotFound: there is no such entry about this organ.
            Conflict: no checkpoint covers it yet; ask again in a minute.
        """
        return await self._do(asks.evidence_receipt(index))

    async def evidence_record(self, index: int) -> bytes:
        """Return an entry with all that it takes to verify it anywhere, as ``lienthong evidence verify`` reads it.

        Raises:
            NotFound, Conflict: as for ``evidence_receipt``.
        """
        return await self._do(asks.evidence_record(index))

    async def status(self) -> Status:
        """Return how the gateway is doing."""
        return await self._do(asks.status())
