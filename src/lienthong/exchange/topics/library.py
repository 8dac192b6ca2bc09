"""What is kept of the topics, opened: each block once for all who read it at the same time."""

from collections import OrderedDict
from typing import Final

import msgspec

from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet
from lienthong.exchange.topics.block import block_of
from lienthong.exchange.topics.event import Delivery
from lienthong.exchange.topics.follow_store import FollowStore
from lienthong.exchange.topics.keyring import Keyring
from lienthong.kernel.labels import Label
from lienthong.trust.envelope import session_id_of
from lienthong.trust.errors import EnvelopeInvalid
from lienthong.trust.header import Header
from lienthong.trust.seal import digest_of, header_of

CACHE_BYTES: Final = 32 * 1024 * 1024
"""Bytes of opened blocks that are kept in memory; readers that keep up share them."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """An opened block."""

    label: Label
    header: Header
    # Of its seal: how evidence refers to it.
    digest: bytes
    deliveries: tuple[Delivery, ...]
    size: int


class Library:
    """Opens blocks and remembers the ones that were read lately."""

    def __init__(self, node: Node, store: FollowStore, keyring: Keyring, *, capacity: int = CACHE_BYTES) -> None:
        """Open blocks of this store with these keys."""
        self._node = node
        self._store = store
        self._keyring = keyring
        self._capacity = capacity
        self._size = 0
        self._pages: OrderedDict[tuple[str, int, bytes], Page] = OrderedDict()

    def page(self, topic: str, chain: bytes, number: int) -> Page | None:
        """Return a block, None if it is not kept any more.

        Args:
            topic: whose.
            chain: the chain it belongs to; another one has another block of that number.
            number: which.

        Raises:
            EnvelopeInvalid: its key is not here any more, or it was altered.
            Malformed, DigestMismatch: what is stored is no block.
        """
        key = (topic, number, chain)
        page = self._pages.get(key)
        if page is not None:
            self._pages.move_to_end(key)
            return page
        data = self._store.data(topic, number)
        if data is None:
            return None
        page = self._opened(topic, data)
        self._pages[key] = page
        self._size += page.size
        while self._size > self._capacity:
            _, oldest = self._pages.popitem(last=False)
            self._size -= oldest.size
        return page

    def _opened(self, topic: str, data: bytes) -> Page:
        id_ = session_id_of(data)
        epoch = None if id_ is None else self._keyring.epoch(topic, id_)
        if epoch is None:
            raise EnvelopeInvalid(f"a block of {topic} whose key is not here")
        packet = Packet.from_bytes(epoch.session.decrypt_request(data, aad=topic.encode()))
        # The seal was checked when it came, against a directory that may have changed since.
        header = header_of(packet.sealed)
        block = block_of(header, packet)
        deliveries = tuple(
            Delivery(sequence=sequence, event=event) for sequence, event in enumerate(block.events(), block.place.first)
        )
        return Page(
            label=header.label,
            header=header,
            digest=digest_of(packet.sealed),
            deliveries=deliveries,
            size=len(data) + 256 * len(deliveries),
        )
