"""The broadcast of the demo: one directive to everybody, and the receipts as they come back."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from lienthong.cli.world_plan import Plan
from lienthong.exchange.gateway import Gateway
from lienthong.exchange.mail.items import ReceiptItem
from lienthong.exchange.mail.sender import Attachment, Draft
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.labels import Label, Level
from lienthong.trust.header import ReceiptState

NUMBER: Final = "01-CT/TW"
STATES: Final = (ReceiptState.DELIVERED, ReceiptState.OPENED, ReceiptState.ACCEPTED)
_PATIENCE: Final = 120.0


class ReceiptsMissing(LienthongError):
    """Receipts of the directive are missing."""

    code = "receipts_missing"
    hint = "Look at gateway.log and at the alarms in the folders of the sites (--state keeps them)."


type OnProgress = Callable[[str, int], None]
"""Told ``sent`` or a receipt's state, and how many more."""


@dataclass(kw_only=True)
class Receipts:
    """The receipts that have come back and hold."""

    expected: int
    on_progress: OnProgress | None = None
    # Branch → state → how many.
    by_branch: dict[str, Counter[ReceiptState]] = field(default_factory=lambda: defaultdict(Counter))
    total: Counter[ReceiptState] = field(default_factory=Counter)
    complete: dict[ReceiptState, asyncio.Event] = field(
        default_factory=lambda: {state: asyncio.Event() for state in STATES}
    )
    # Organ → branch, of those that are expected to answer.
    branch_of: dict[str, str] = field(default_factory=dict)
    delivered_to: set[str] = field(default_factory=set)

    def add(self, item: ReceiptItem) -> None:
        """Count a receipt; the gateway calls this when seal and message have been checked and recorded."""
        self.by_branch[self.branch_of.get(item.receiver, "")][item.state] += 1
        self.total[item.state] += 1
        if item.state is ReceiptState.DELIVERED:
            self.delivered_to.add(item.receiver)
        if self.on_progress is not None:
            self.on_progress(item.state.value, 1)
        if item.state in self.complete and self.total[item.state] >= self.expected:
            self.complete[item.state].set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How the broadcast went."""

    bytes: int
    published: int
    refused: int
    # Seconds from the first seal to the last receipt of each state that has been verified.
    seconds: dict[str, float]


async def broadcast(gateway: Gateway, country: Plan, receipts: Receipts, directive: bytes) -> Result:
    """Send the directive to every organ below the centre and wait for all receipts.

    Raises:
        ReceiptsMissing: two minutes have passed without the last of them.
    """
    centre, *below = country.organs
    receipts.branch_of |= {str(organ.id): organ.branch for organ in below}
    draft = Draft(
        sender=centre.id,
        receivers=[organ.id for organ in below],
        subject=f"Chỉ thị (minh họa) {NUMBER}",
        label=Label(Level.CONFIDENTIAL),
        contents=(Attachment(name="chi-thi.pdf", media_type="application/pdf", data=directive),),
    )

    def sent(count: int) -> None:
        if receipts.on_progress is not None:
            receipts.on_progress("sent", count)

    began = time.perf_counter()
    dispatch = await gateway.sender.send(draft, progress=sent)
    seconds = {"sent": time.perf_counter() - began}
    for state in STATES:
        try:
            async with asyncio.timeout(_PATIENCE):
                await receipts.complete[state].wait()
        except TimeoutError:
            raise ReceiptsMissing(f"{state}: {receipts.total[state]} of {receipts.expected}") from None
        seconds[state.value] = time.perf_counter() - began
    return Result(bytes=len(directive), published=dispatch.published, refused=len(dispatch.refused), seconds=seconds)
