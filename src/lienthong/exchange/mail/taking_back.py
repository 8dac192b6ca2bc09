"""Messages that their senders take back: at the receiver."""

from collections.abc import Awaitable, Callable
from typing import Final

from lienthong.exchange.errors import Malformed, Misdirected
from lienthong.exchange.mail.harvest import Harvest
from lienthong.exchange.mail.letter import Letter
from lienthong.exchange.mail.ordering import Order
from lienthong.exchange.mail.store import MailStore
from lienthong.exchange.mail.waiting import ItemKey, Waiting
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet
from lienthong.kernel.clock import Millis
from lienthong.trust.header import ReceiptState
from lienthong.trust.seal import digest_of

_CONCLUDED: Final = frozenset({ReceiptState.ACCEPTED, ReceiptState.REFUSED})

type Flush = Callable[[Harvest], Awaitable[None]]
"""Makes durable what a harvest has so far, so that it can be read back."""


class Recalls:
    """Decides on recalls, and remembers those that came before their message."""

    def __init__(self, node: Node, store: MailStore, waiting: Waiting, order: Order) -> None:
        """Go on with what is stored."""
        self._node = node
        self._store = store
        self._waiting = waiting
        self._order = order
        self._early: dict[ItemKey, Millis] = {}
        self.reload()

    def reload(self) -> None:
        """Go back to what is stored: something was given up."""
        self._early = self._waiting.recalled()

    def precedes(self, letter: Letter) -> bool:
        """Tell whether the recall of a message has come before it."""
        return letter.key in self._early

    async def sweep(self, at: Millis) -> None:
        """Forget recalls whose messages have expired.

        Raises:
            JournalError: it cannot be noted.
        """
        if any(expires <= at for expires in self._early.values()):
            await self._node.journal.commit([], [self._waiting.forgotten(at)])
            self.reload()

    async def decide(self, letter: Letter, harvest: Harvest, flush: Flush) -> tuple[ReceiptState, str]:
        """Take a message back unless it is accepted or refused, and return what is to be said to its sender.

        One that has not come is not handed over when it comes.

        Raises:
            Malformed: a recall of no message.
            Misdirected: of another seal than came under that id.
            EnvelopeInvalid, KeyUnknown: what is stored can no longer be opened.
            KeyStoreError: the store refused.
        """
        header = letter.opened.header
        if header.conversation is None:
            raise Malformed("a recall of no message")
        key = (str(letter.receiver.id), header.conversation, header.sender)
        # What came in the same batch must be found.
        await flush(harvest)
        found = self._store.letters(*key)
        if not found:
            self._early[key] = header.expires
            harvest.statements.append(self._waiting.recalls(key, header.expires))
            return ReceiptState.RECALLED, ""
        # From here on nobody accepts what is being taken back.
        await harvest.hold(self._store.moving(found[0][0]))
        ((item, data),) = self._store.letters(*key)
        packet = Packet.from_bytes(self._node.unwrap(data, letter.receiver.token).plaintext)
        if digest_of(packet.sealed) != header.answers:
            raise Misdirected(f"a recall of {header.sender} for another seal than came")
        if item.state in _CONCLUDED:
            return ReceiptState.KEPT, item.state.value
        if item.state is not ReceiptState.RECALLED:
            harvest.statements.append(self._store.moved(item, ReceiptState.RECALLED))
            await self._order.recall(harvest, item)
        return ReceiptState.RECALLED, ""
