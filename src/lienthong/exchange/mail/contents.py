"""Contents of messages: here, and the sealed ones, before anything is receipted."""

from typing import Final

from lienthong.exchange.blobs import BlobStore, check, file_of
from lienthong.exchange.errors import Malformed
from lienthong.exchange.mail.harvest import Harvest
from lienthong.exchange.mail.letter import Letter
from lienthong.exchange.mail.sweeping import needs
from lienthong.exchange.node import Node
from lienthong.exchange.packet import BlobRef, Part, check_content
from lienthong.trust.header import Content
from lienthong.trust.seal import sender_organ

LARGE: Final = 8 * 1024 * 1024
"""Bytes of a content from which on it is fetched beside the stream: mail behind it must not wait for gigabytes."""


class Contents:
    """Checks and fetches the contents of one gateway's messages."""

    def __init__(self, node: Node, blobs: BlobStore, *, limit: int) -> None:
        """Keep large contents in a store.

        Args:
            node: the gateway.
            blobs: where they are kept.
            limit: bytes one content may have.
        """
        self._node = node
        self._blobs = blobs
        self._limit = limit

    async def take(self, letter: Letter, harvest: Harvest) -> bool:
        """Check all contents, and fetch what lies apart; tells whether all are here, none being too large to wait for.

        That the message needs them, here or not, becomes part of the harvest.

        Raises:
            Malformed: another number, place or size than was sealed.
            DigestMismatch, EnvelopeInvalid: one is not the sealed one.
            NotStored, NoResponder: the carrier does not hold one, or not all of it.
            CarrierUnavailable, CarrierTimeout, StorageFailed: one cannot be fetched or kept now.
        """
        apart: list[tuple[BlobRef, Content]] = []
        listed = self._listed(letter)
        needed = needs(letter.key, [file_of(part) for _, part in listed if isinstance(part, BlobRef)])
        for content, part in listed:
            if isinstance(part, bytes):
                check_content(content, part)
            elif content.size > LARGE and not self._blobs.holds(part, content):
                harvest.statements += needed
                return False
            else:
                apart.append((part, content))
        for ref, content in apart:
            await self._blobs.keep(self._node.carrier, ref, content)
        harvest.statements += needed
        return True

    async def fetch(self, letter: Letter) -> None:
        """Fetch what lies apart, however large it is.

        Raises:
            LienthongError: as for ``take``.
        """
        for content, part in self._listed(letter):
            if isinstance(part, BlobRef):
                await self._blobs.keep(self._node.carrier, part, content)

    def _listed(self, letter: Letter) -> list[tuple[Content, Part]]:
        header, parts = letter.opened.header, letter.packet.parts
        if len(parts) != len(header.contents):
            raise Malformed(f"{len(parts)} contents where {len(header.contents)} were sealed")
        sender = self._node.organ(sender_organ(header))
        for content, part in zip(header.contents, parts, strict=True):
            if isinstance(part, BlobRef):
                check(part, sender, content, limit=self._limit)
        return list(zip(header.contents, parts, strict=True))
