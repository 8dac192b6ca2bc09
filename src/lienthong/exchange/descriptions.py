"""Where the descriptions of OPENAPI services come from: a file or an address that the configuration names."""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from lienthong.exchange.errors import DescriptionUnreadable, ServiceUnknown
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.http_client import HttpClient, HttpFailure, Origin
from lienthong.exchange.openapi import MAX_DESCRIPTION, DescriptionInvalid, anonymised
from lienthong.kernel.identifiers import ServiceId

_OK: Final = 200
_ACCEPT: Final = (("accept", "application/json, application/yaml, */*;q=0.1"),)

type Source = str | Path
"""Address, or file."""

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Descriptions:
    """The descriptions of the services behind one gateway."""

    sources: Mapping[ServiceId, Source]
    # Seconds until an address must have answered.
    timeout: float = 20.0
    _client: HttpClient = field(init=False, default_factory=lambda: HttpClient(connections=8))
    # By service: digest of what was read, and what became of it. Reading YAML takes seconds per megabyte.
    _made: dict[ServiceId, tuple[bytes, HttpMessage]] = field(init=False, default_factory=dict)
    _reading: dict[ServiceId, asyncio.Lock] = field(init=False, default_factory=dict)

    async def of(self, service: ServiceId) -> HttpMessage:
        """Return the description of a service as it is handed out.

        Raises:
            ServiceUnknown: none is configured.
            DescriptionUnreadable: it cannot be read, or is not one.
        """
        source = self.sources.get(service)
        if source is None:
            raise ServiceUnknown(str(service), hint="The provider's gateway has no description of it.")
        # One at a time for each service: whoever asks a hundred times does not have it read as often.
        async with self._reading.setdefault(service, asyncio.Lock()):
            try:
                data = await self._read(source)
                return await self._hidden(service, data)
            except (OSError, HttpFailure, TimeoutError, ValueError) as error:
                _log.warning("%s: the description at %s cannot be read: %s", service, source, error)
                raise DescriptionUnreadable(str(service)) from error

    async def close(self) -> None:
        """Let go of all connections."""
        self._client.close()
        await asyncio.sleep(0)

    async def _hidden(self, service: ServiceId, data: bytes) -> HttpMessage:
        digest = hashlib.sha256(data).digest()
        known = self._made.get(service)
        if known is None or known[0] != digest:
            body, media_type = await asyncio.to_thread(anonymised, data)
            known = digest, HttpMessage(headers=(("content-type", media_type),), body=body)
            self._made[service] = known
        return known[1]

    async def _read(self, source: Source) -> bytes:
        if isinstance(source, Path):
            return await asyncio.to_thread(_file, source)
        parts = urlsplit(source)
        origin = Origin.of(f"{parts.scheme}://{parts.netloc}")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        async with asyncio.timeout(self.timeout):
            # A redirect is no description: whoever serves one would choose what this gateway asks next.
            answer = await self._client.request(origin, "GET", target, _ACCEPT, b"")
        if answer.status != _OK:
            raise DescriptionInvalid(f"status {answer.status}")
        return answer.body


def source_of(text: str, *, base: Path) -> Source:
    """Read a setting: an address, or a path that counts from a folder.

    Raises:
        ValueError: an address that is none.
    """
    if "://" not in text:
        return base / text
    Origin.of(text)
    return text


def _file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_DESCRIPTION + 1)
