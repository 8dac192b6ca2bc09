"""A gateway of the demo in a process of its own, with a clerk who opens and accepts what arrives."""

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Final

import uvloop

from lienthong.cli.demo.country import OFFICE
from lienthong.cli.stopping import interruptible
from lienthong.exchange.config import GatewayConfig
from lienthong.exchange.mail.items import MailItem
from lienthong.exchange.mail.mailbox import Mailbox
from lienthong.exchange.run import running
from lienthong.kernel.identifiers import OrganId

# Seconds without new mail until the clerk begins: so the broadcast is measured without him.
_QUIET: Final = 0.7
_AT_ONCE: Final = 64


class Clerk:
    """Opens and accepts everything in the mailboxes of one gateway."""

    def __init__(self) -> None:
        """Start with nothing to do."""
        self._waiting: asyncio.Queue[MailItem] = asyncio.Queue()
        self._free = asyncio.Semaphore(_AT_ONCE)

    def notice(self, item: MailItem) -> None:
        """Take note of a message that has arrived; what offices send is for the receiver's office."""
        if not item.sender.endswith(f"/{OFFICE}"):
            self._waiting.put_nowait(item)

    async def work(self, mailbox: Mailbox) -> None:
        """Work until cancelled."""
        while True:
            batch = [await self._waiting.get()]
            size = -1
            while size != self._waiting.qsize():
                size = self._waiting.qsize()
                await asyncio.sleep(_QUIET)
            while not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await asyncio.gather(*(self._handle(mailbox, item) for item in batch))

    async def _handle(self, mailbox: Mailbox, item: MailItem) -> None:
        async with self._free:
            organ = OrganId.parse(item.receiver)
            await mailbox.open(organ, item.message)
            await mailbox.accept(organ, item.message)


async def serve(config: GatewayConfig) -> None:
    """Run the gateway; one line on standard output says that it is ready."""
    clerk = Clerk()
    async with running(config, on_arrival=clerk.notice) as gateway:
        sys.stdout.write(f"READY {gateway.url}\n")
        sys.stdout.flush()
        await clerk.work(gateway.gateway.mailbox)


if __name__ == "__main__":
    with contextlib.suppress(asyncio.CancelledError):
        uvloop.run(interruptible(serve(GatewayConfig.load(Path(sys.argv[1])))))
