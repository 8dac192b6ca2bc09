"""Sending: what an organ's information system sends, and what it asks about it afterwards."""

from collections.abc import Callable, Sequence
from copy import replace
from typing import Final
from uuid import UUID

from lienthong.directory.model import Organ
from lienthong.exchange import blobs
from lienthong.exchange.errors import MessageUnknown, PayloadTooLarge, RequestInvalid, StorageFailed
from lienthong.exchange.mail import recalling
from lienthong.exchange.mail.address import resolve
from lienthong.exchange.mail.dispatching import Dispatcher, Progress
from lienthong.exchange.mail.draft import TERM, Attachment, Dispatch, Draft, Uploaded
from lienthong.exchange.mail.ledger import Ledger, Sent
from lienthong.exchange.mail.progress import status_of
from lienthong.exchange.mail.publishing import Postman, publish, publish_due
from lienthong.exchange.mail.safe import Safe
from lienthong.exchange.mail.status import DeadLetter, Recall, Status
from lienthong.exchange.mail.store import MailStore
from lienthong.exchange.mail.uploads import Uploads
from lienthong.exchange.mail.wraps import Wraps
from lienthong.exchange.node import Node
from lienthong.exchange.packet import INLINE_LIMIT, BlobRef, Part, content_of
from lienthong.kernel.clock import DAY, Millis
from lienthong.kernel.errors import CborInvalid
from lienthong.kernel.identifiers import OrganId, parse_client
from lienthong.kernel.ids import new_id
from lienthong.trust.errors import SealInvalid
from lienthong.trust.header import Content, Header, Kind
from lienthong.trust.mail_fields import check
from lienthong.trust.seal import header_of

__all__ = ["SHARED_LIMIT", "TERM", "Attachment", "Dispatch", "Draft", "Sender", "publish", "publish_due"]

SHARED_LIMIT: Final = 4096
"""Bytes of contents that go into every envelope of a message to many; more is stored once for all."""
RETAINED: Final[Millis] = 7 * DAY
"""How long after the end of its term a message can be sent anew with large contents."""


class Sender:
    """Sends the mail of one gateway's organs and keeps it until it is receipted."""

    def __init__(  # noqa: PLR0913 - what sending takes
        self, node: Node, store: MailStore, uploads: Uploads, safe: Safe, *, wraps: Wraps, postman: Postman
    ) -> None:
        """Send from this node.

        Args:
            node: the gateway.
            store: where what is sent is kept.
            uploads: contents too large for memory.
            safe: locks copies of what is sent.
            wraps: content keys that letters share.
            postman: publishes them.
        """
        self.uploads = uploads
        self._node = node
        self._store = store
        self._safe = safe
        self._ledger = Ledger(node.journal)
        self._dispatcher = Dispatcher(node, store, self._ledger, safe, wraps, postman)
        self._postman = postman

    async def send(self, draft: Draft, *, progress: Progress | None = None, carried: bool = True) -> Dispatch:
        """Send a message; when this returns it is sealed, recorded and durable.

        Args:
            draft: what and to whom.
            progress: called with the number of further receivers done.
            carried: whether to wait until the carrier has been asked to take it. It is anyway, as soon as it can.

        Raises:
            CallerUnknown: the sender is not an organ of this gateway.
            NobodyAddressed: the address names a group, level or superior that nobody belongs to.
            RequestInvalid: too many contents, or too long a subject.
            UploadUnknown, UploadConflict: a content was not uploaded, or not to its end.
            KeyUnknown: the sender has no valid sealing key.
            CarrierUnavailable, PayloadTooLarge: large contents cannot be put on the carrier; nothing was sent.
            StorageFailed: large contents cannot be kept here; nothing was sent.
            JournalError: the evidence cannot be written. Batches before, of 256 receivers each, are sent all the same.
        """
        sender = self._node.hosted(draft.sender.organ)
        receivers = dict.fromkeys(draft.receivers)
        if draft.to is not None:
            receivers |= dict.fromkeys(resolve(draft.to, sender=draft.sender, directory=self._node.snapshot))
        if draft.id is not None:
            for done in self._ledger.sent(draft.id):
                receivers.pop(parse_client(done.receiver).organ, None)
        template = await self._template(draft, sender)
        consignment = await self._dispatcher.sift(template, sender, list(receivers))
        if not consignment.allowed:
            return Dispatch(message=template.id, published=0, queued=0, refused=consignment.refused)
        many = len(consignment.allowed) > 1
        consignment.parts = await self._parts(draft, sender, template, consignment.also.append, many=many)
        return await self._dispatcher.deliver(consignment, progress, carried=carried)

    # -- afterwards

    def status(self, message: UUID, *, organ: OrganId | None = None, since: Millis = 0) -> Status:
        """Return how far a message has come at each of its receivers.

        Args:
            message: its id.
            organ: who asks; the messages of others do not exist for it. Left out, the gateway itself asks.
            since: only receivers where it has moved since then.

        Raises:
            MessageUnknown: no such message was sent from here, or another organ sent it.
        """
        sender = self._ledger.sender_of(message)
        if sender is None or (organ is not None and parse_client(sender).organ != organ):
            raise _not_ours(message)
        return status_of(self._store, self._ledger, message, sender, since=since)

    async def recall(
        self, message: UUID, *, reason: str, receivers: Sequence[OrganId] | None = None, organ: OrganId | None = None
    ) -> Recall:
        """Take a message back from those who have not accepted or refused it, or to whom it is still on its way.

        Args:
            message: its id.
            reason: for the receivers' people.
            receivers: from whom; from all if not given.
            organ: who asks, as in ``status``.

        Raises:
            MessageUnknown: no such message was sent from here, or not to one of these receivers.
            CallerUnknown: its sender is hosted here no more.
            KeyUnknown, EnvelopeInvalid, ReceiverUnknown: a key or an organ is missing now; nothing was sent.
            RequestInvalid: the reason is too long.
            JournalError: it cannot be recorded; nothing was sent.
        """
        sender, sent = self._sent(message, organ)
        if receivers is not None:
            wanted = set(map(str, receivers))
            if not wanted <= {each.receiver for each in sent}:
                raise MessageUnknown(f"{message} to all of {', '.join(sorted(wanted))}")
            sent = [each for each in sent if each.receiver in wanted]
        return await recalling.recall(
            self._node,
            self._store,
            self._postman,
            message=message,
            sent=sent,
            sender=self._node.hosted(parse_client(sender).organ),
            label=self._sealed(message).label,
            reason=reason,
        )

    def dead_letters(self, organ: OrganId, *, limit: int = 1000) -> list[DeadLetter]:
        """Return what will not reach its receivers by itself, the newest first.

        Raises:
            CallerUnknown: the organ is not hosted here.
        """
        return self._ledger.dead(str(self._node.hosted(organ).id), limit=limit)

    async def redrive(
        self,
        message: UUID,
        *,
        receivers: Sequence[OrganId] | None = None,
        term: Millis = TERM,
        organ: OrganId | None = None,
    ) -> Dispatch:
        """Send dead letters anew, under a new seal and for a new term.

        The new message names the one it repeats, so that a receiver who has that after all does not get it twice.

        Args:
            message: the id of the message that has dead letters.
            receivers: to whom; to all that have not got it and to whom it was not sent anew yet, if not given.
            term: how long it may be under way.
            organ: who asks, as in ``status``.

        Raises:
            MessageUnknown: no such message was sent from here, or it has no such dead letters.
            CallerUnknown: its sender is hosted here no more.
            StorageFailed: its contents are kept here no more, and the carrier does not have them either.
            CarrierUnavailable: large contents cannot be put on the carrier again; nothing was sent.
            KeyStoreError, TrustError: the copy cannot be unlocked.
            JournalError: as for ``send``.
        """
        self._sent(message, organ)
        dead = {each.receiver for each in self._ledger.dead_of(message) if each.redriven is None}
        wanted = sorted(dead) if receivers is None else sorted(set(map(str, receivers)))
        kept = self._ledger.kept(message)
        if not wanted or kept is None or not dead.issuperset(wanted):
            raise MessageUnknown(
                f"{message}: no such dead letter", hint="Ask for the dead letters to see what is there."
            )
        sender = self._node.hosted(parse_client(kept.sender).organ)
        first, parts = self._safe.copy_of(sender, kept)
        at = self._node.clock.now()
        # The first of them, however often it is sent anew: by that it is recognised.
        repeats = first.repeats or message
        template = replace(first, id=new_id(), created=at, expires=at + term, repeats=repeats, sequence=0)
        consignment = await self._dispatcher.sift(
            template, sender, [parse_client(receiver).organ for receiver in wanted]
        )
        if not consignment.allowed:
            return Dispatch(message=template.id, published=0, queued=0, refused=consignment.refused)
        for part in parts:
            if isinstance(part, BlobRef):
                await self._restore(sender, part, until=template.expires + RETAINED)
        consignment.parts = parts
        anew = [header.receiver for _, header in consignment.allowed]
        consignment.also += self._ledger.redriven(message, anew, template.id)
        return await self._dispatcher.deliver(consignment)

    async def sweep(self) -> None:
        """Forget copies and uploads that nobody needs any more.

        Raises:
            JournalError: it cannot be noted.
        """
        await self._node.journal.commit([], self._ledger.swept(self._node.clock.now()))
        await self.uploads.sweep()

    # -- inside

    def _sent(self, message: UUID, organ: OrganId | None) -> tuple[str, list[Sent]]:
        """Return who sent a message, and what was sealed of it."""
        sent = self._ledger.sent(message)
        if not sent or (organ is not None and parse_client(sent[0].sender).organ != organ):
            raise _not_ours(message)
        return sent[0].sender, sent

    def _sealed(self, message: UUID) -> Header:
        """Return a header of a message that was sent, from the evidence."""
        for index in self._node.journal.find(str(message)):
            entry = self._node.journal.entry(index)
            if entry.direction == "out" and entry.kind == Kind.MESSAGE and entry.seals:
                return header_of(entry.seals[0])
        raise MessageUnknown(str(message))

    async def _restore(self, sender: Organ, ref: BlobRef, *, until: Millis) -> None:
        if not await self.uploads.restore(sender, ref, until=until):
            raise StorageFailed(f"{ref.name} is not kept any more", hint="Send it as a new message.")

    async def _template(self, draft: Draft, sender: Organ) -> Header:
        at = self._node.clock.now()
        header = Header(
            kind=Kind.MESSAGE,
            id=draft.id or new_id(),
            sender=str(draft.sender),
            receiver=str(draft.sender),
            label=draft.label,
            created=at,
            expires=at + draft.term,
            conversation=draft.conversation,
            purpose=draft.purpose,
            subject=draft.subject,
            urgency=draft.urgency,
            contents=tuple([await self._content(item, sender) for item in draft.contents]),
        )
        try:
            check(header)
        except (SealInvalid, CborInvalid) as error:
            # No receiver would take it.
            raise RequestInvalid(error.where) from error
        return header

    async def _content(self, item: Attachment | Uploaded, sender: Organ) -> Content:
        if isinstance(item, Attachment):
            if len(item.data) > blobs.MAX_CONTENT:
                raise PayloadTooLarge(f"a content of {len(item.data)} bytes in memory; upload it")
            return content_of(item.data, name=item.name, media_type=item.media_type)
        upload = await self.uploads.whole(sender.id, item.upload)
        return Content(digest=upload.digest, size=upload.size, name=item.name, media_type=item.media_type)

    async def _parts(
        self, draft: Draft, sender: Organ, template: Header, also: Callable[..., None], *, many: bool
    ) -> tuple[Part, ...]:
        """Put large contents on the carrier, once for all receivers."""
        parts: list[Part] = []
        until = template.expires + RETAINED
        room = SHARED_LIMIT if many else INLINE_LIMIT
        for item in draft.contents:
            if isinstance(item, Uploaded):
                parts.append(await self.uploads.store(sender, item.upload, until=until))
            elif len(item.data) <= room:
                parts.append(item.data)
                room -= len(item.data)
            else:
                ref, row = await self.uploads.spool(sender, item.data, until=until)
                parts.append(ref)
                also(row)
        return tuple(parts)


def _not_ours(message: UUID) -> MessageUnknown:
    return MessageUnknown(str(message), hint="It was not sent from here, or by somebody else.")
