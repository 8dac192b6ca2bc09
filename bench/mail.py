"""Mail: how many messages a gateway takes durably while another receives and receipts them.

The sender's gateway and who hands messages over are this process, the receiver's gateway and the broker have their own.
"""

import asyncio
import contextlib
import statistics
import tempfile
import time
from pathlib import Path

import uvloop
from _gateways import client_and_provider, gateway_process
from _report import Row, main

from lienthong.cli.world import World
from lienthong.exchange.mail.sender import Attachment, Draft, Sender
from lienthong.exchange.run import running
from lienthong.kernel.identifiers import OrganId, SubsystemId

_FROM = SubsystemId("VN", "PARTY", "A01", "office")
_TO = OrganId("VN", "STATE", "G22")
_CONTENT = Attachment(name="note.txt", media_type="text/plain", data=b"x" * 2048)
_AT_ONCE = 64
_GOAL = 3000


def measure(quick: bool) -> list[Row]:  # noqa: FBT001 - called by main() with what the command line says
    """Measure intake, and how soon all messages have their receipts."""
    return uvloop.run(_measured(messages=2_000 if quick else 20_000, rounds=3))


async def _measured(*, messages: int, rounds: int) -> list[Row]:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        world = await asyncio.to_thread(World.create, folder / "world", client_and_provider())
        await stack.enter_async_context(world.carried())
        await stack.enter_async_context(gateway_process(world.config("b")))
        gateway = (await stack.enter_async_context(running(world.config("a")))).gateway
        intakes, receipted = [], []
        for _ in range(rounds):
            began = time.perf_counter()
            await asyncio.gather(*(_hand_over(gateway.sender, messages // _AT_ONCE) for _ in range(_AT_ONCE)))
            taken = time.perf_counter() - began
            while gateway.store.waiting():  # noqa: ASYNC110 - receipts are counted in the store, which rings no bell
                await asyncio.sleep(0.01)
            count = messages // _AT_ONCE * _AT_ONCE
            intakes.append(count / taken)
            receipted.append(count / (time.perf_counter() - began))
    intake = statistics.median(intakes)
    return [
        Row(
            name=f"messages of 2 KB taken durably, {_AT_ONCE} at once",
            value=intake,
            unit="messages/s",
            goal=f"≥ {_GOAL:,}",
            holds=intake >= _GOAL,
        ),
        Row(name="messages delivered and receipted", value=statistics.median(receipted), unit="messages/s"),
    ]


async def _hand_over(sender: Sender, count: int) -> None:
    for _ in range(count):
        dispatch = await sender.send(Draft(sender=_FROM, receivers=(_TO,), subject="s", contents=(_CONTENT,)))
        if dispatch.refused:
            raise SystemExit(f"refused: {dispatch.refused}")


if __name__ == "__main__":
    main("Mail", measure)
