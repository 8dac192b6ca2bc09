"""What two information systems do besides: fetch the proof of a call, send a message, follow a topic.

They ask their own gateways over HTTP, as any system would: the centre's office, and the register of the first province.
"""

import asyncio
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from lienthong.client import AsyncClient, MessageStatus, NewContent, NewTopicEvent, TopicEvent
from lienthong.exchange.evidence.report import Report
from lienthong.exchange.evidence.verify import verify
from lienthong.exchange.http_client import fetch
from lienthong.kernel.clock import SystemClock
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.files import write_atomically
from lienthong.kernel.identifiers import ServiceId, SubsystemId, TopicId

CONTAINER: Final = "call.asice"
_PATIENCE: Final = 30.0
_POLL: Final = 0.05


class ContainerMissing(LienthongError):
    """The gateway hands out no proof of a call."""

    code = "container_missing"
    hint = "Its log says why."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What came of it, and how long it took."""

    # The proof of a call, as a file, and what came of verifying it offline.
    container: Path
    report: Report
    # Receipts of the message, sealed by its receiver: delivered, opened, accepted.
    receipts: tuple[str, ...]
    # The event that the subscriber has read; None if none came.
    event: TopicEvent | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Systems:
    """Two information systems, each with the address of its own gateway."""

    office: SubsystemId
    office_url: str
    register: SubsystemId
    register_url: str

    async def show(self, service: ServiceId, path: str, topic: TopicId, *, folder: Path, root: bytes) -> Shown:
        """Do all of it.

        Args:
            service: a service of the register.
            path: what it is asked for.
            topic: a topic of the register, granted to the office.
            folder: where the proof is put.
            root: root metadata of the directory, from which the proof is verified.

        Raises:
            ClientError, ContainerMissing: a gateway does not do what it was asked for.
        """
        began = time.perf_counter()
        async with (
            AsyncClient(self.office_url, str(self.office)) as office,
            AsyncClient(self.register_url, str(self.register)) as register,
        ):
            content = NewContent(data=b"Please confirm the list of units.", name="request.txt", media_type="text/plain")
            # Of the organ itself: what its office sends is a document, which the receiver's office takes.
            organ = office.speaking_for(self.office.organ)
            sent = await organ.send([str(self.register.organ)], subject="Units", contents=[content])
            container = await self._proof(service, path, folder)
            report = await asyncio.to_thread(verify, container, root, SystemClock().now())
            event = await _followed(register, office, topic)
            status = await _concluded(organ, sent.id)
        return Shown(
            container=container,
            report=report,
            receipts=tuple(receipt.state.value for each in status.deliveries for receipt in each.receipts),
            event=event,
            seconds=time.perf_counter() - began,
        )

    async def _proof(self, service: ServiceId, path: str, folder: Path) -> Path:
        """Call a service, and fetch the container that proves it."""
        query = str(uuid.uuid4())
        headers = (("x-road-client", str(self.office)), ("x-road-id", query))
        await fetch(f"{self.office_url}/r1/{service}{path}", headers)
        names = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
        asked = urlencode({"queryId": query} | dict(zip(names, self.office.parts, strict=True)))
        answer = await fetch(f"{self.office_url}/asic?{asked}", ())
        if answer.header("x-road-error"):
            raise ContainerMissing(answer.header("x-road-error"))
        file = folder / CONTAINER
        await asyncio.to_thread(write_atomically, file, answer.body)
        return file


async def _followed(owner: AsyncClient, reader: AsyncClient, topic: TopicId) -> TopicEvent | None:
    """Subscribe, publish, and read what was published."""
    await reader.topics.subscribe(topic)
    event = NewTopicEvent(schema="unit-renamed/1", key="00004", data=b'{"name": "Ba \xc4\x90\xc3\xacnh"}')
    published = await owner.topics.publish(topic, [event])
    page = await reader.topics.read(topic, after=published.first - 1, wait=int(_PATIENCE))
    if not page.events:
        return None
    await reader.topics.acknowledge(topic, page.events[0].sequence)
    return page.events[0]


async def _concluded(client: AsyncClient, message: uuid.UUID) -> MessageStatus:
    """Wait until the receiver has accepted a message, or for long enough."""
    until = time.monotonic() + _PATIENCE
    while True:
        status = await client.message(message)
        if all(each.standing in {"accepted", "refused"} for each in status.deliveries) or time.monotonic() > until:
            return status
        await asyncio.sleep(_POLL)
