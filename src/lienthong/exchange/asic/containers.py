"""Handing out containers: from archive and journal to signed, timestamped files."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from lienthong.directory.published import Published
from lienthong.exchange.archive.archive import Archive
from lienthong.exchange.asic import cades, container
from lienthong.exchange.asic.errors import RecordsUnknown, SeveralRecords, SigningKeyInvalid
from lienthong.exchange.asic.payload import Parts, payload_of
from lienthong.exchange.asic.signer import Signer
from lienthong.exchange.asic.timestamp import Authority
from lienthong.exchange.node import Node
from lienthong.kernel.clock import Millis
from lienthong.kernel.identifiers import ClientId

_AT_ONCE: Final = 2


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """A container under the name it is handed out by."""

    name: str
    data: bytes


class _Payload(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    at: Millis
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Containers:
    """Makes containers of what this gateway's organs exchanged."""

    node: Node
    # None: no contents are kept, so that there is nothing to hand out.
    archive: Archive | None
    # None: no certificate is set.
    signer: Signer | None
    # None: no timestamps.
    authority: Authority | None
    # The directory's files, for the keys that the evidence takes.
    published: Callable[[], Published]
    # Signs the journal's head, so that it covers what was just exchanged.
    checkpoint: Callable[[], Awaitable[None]]
    # Questions that are answered at the same time.
    at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def of(self, client: ClientId, query: str, *, parts: Parts, unique: bool) -> list[Container]:
        """Return a container for every exchange of a client under an X-Road-Id, the oldest first.

        Args:
            client: who asked or was asked; the caller has checked that it may be answered.
            query: the X-Road-Id.
            parts: which messages to put in.
            unique: refuse if there are several.

        Raises:
            RecordsUnknown: there is none.
            SeveralRecords: there are several where one was wanted.
            ContainerRefused, StorageFailed: the archive is damaged.
            SigningKeyInvalid: there is no certificate that is valid now.
            StampFailed: the timestamp authority does not answer as it must.
            TrustError: evidence or key is missing.
        """
        if self.archive is None:
            raise RecordsUnknown(query[:100])
        # Contents of many megabytes are in memory until they are handed out: not those of everybody at once.
        async with self.at_once:
            await self.archive.settled()
            await self.checkpoint()
            payloads = await asyncio.to_thread(self._payloads, self.archive, client, query, parts, unique)
            return [await self._signed(payload) for payload in payloads]

    def _payloads(self, archive: Archive, client: ClientId, query: str, parts: Parts, unique: bool) -> list[_Payload]:  # noqa: FBT001 - private, as in of()
        payloads = [
            _Payload(
                # Nothing of what the client chose: the name goes into a header and onto disks.
                name=f"{kept.place.exchange}-{kept.place.side.value}.asice",
                at=kept.place.at,
                files=files,
            )
            for kept in archive.find(client, query, self.node.unwrap)
            if (files := payload_of(kept, self.node.journal, self.published(), parts)) is not None
        ]
        if not payloads:
            raise RecordsUnknown(query[:100])
        if unique and len(payloads) > 1:
            raise SeveralRecords(f"{len(payloads)} of them")
        return payloads

    async def _signed(self, payload: _Payload) -> Container:
        if self.signer is None:
            raise SigningKeyInvalid("none is set", hint="Name `certificate` and `key` under [asic].")
        manifest = container.manifest(payload.files)
        signed = await asyncio.to_thread(cades.sign, manifest, self.signer, at=self.node.clock.now())
        if self.authority is not None:
            cades.add_timestamp(signed, await self.authority.stamp(cades.signature_of(signed)))
        data = await asyncio.to_thread(container.pack, payload.files, signature=signed.dump(), at=payload.at)
        return Container(name=payload.name, data=data)
