"""Sealing for a busy gateway: whatever waits for the same key is sealed with one signature."""

import asyncio
from collections.abc import Sequence

from lienthong.exchange.errors import RequestInvalid
from lienthong.trust import seal
from lienthong.trust.header import MAX_HEADER, Header
from lienthong.trust.keys import KeyStore, PublicKey


class SealQueue:
    """Collects headers during one turn of the event loop and seals them together."""

    def __init__(self, store: KeyStore) -> None:
        """Seal with the keys of a store."""
        self._store = store
        self._waiting: dict[bytes, tuple[PublicKey, list[tuple[bytes, asyncio.Future[bytes]]]]] = {}

    async def seal(self, header: bytes, key: PublicKey) -> bytes:
        """Seal an ``encoded`` header, together with the others that wait for this key.

        Raises:
            KeyUnknown: the store does not hold the key.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._flush)
        sealed: asyncio.Future[bytes] = loop.create_future()
        self._waiting.setdefault(key.kid, (key, []))[1].append((header, sealed))
        return await sealed

    def seal_all(self, headers: Sequence[Header], key: PublicKey) -> list[bytes]:
        """Seal many headers at once, in batches.

        Raises:
            RequestInvalid: a header is larger than a receiver takes.
            KeyUnknown: the store does not hold the key.
        """
        forms = [encoded(header) for header in headers]
        return [
            sealed
            for start in range(0, len(forms), seal.MAX_BATCH)
            for sealed in seal.seal_many(forms[start : start + seal.MAX_BATCH], key=key, store=self._store)
        ]

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for key, items in waiting.values():
            for start in range(0, len(items), seal.MAX_BATCH):
                self._seal(key, items[start : start + seal.MAX_BATCH])

    def _seal(self, key: PublicKey, items: list[tuple[bytes, asyncio.Future[bytes]]]) -> None:
        try:
            sealed = seal.seal_many([header for header, _ in items], key=key, store=self._store)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait
            for _, future in items:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(items, sealed, strict=True):
            if not future.done():
                future.set_result(result)


def encoded(header: Header) -> bytes:
    """Return the form in which a header is sealed.

    Raises:
        RequestInvalid: it is larger than a receiver takes.
    """
    form = header.to_bytes()
    if len(form) > MAX_HEADER:
        raise RequestInvalid(f"path, subject and the like make a header of {len(form)} bytes; {MAX_HEADER} fit")
    return form
