"""``/v1/status``: how the gateway is doing, for people and probes; nothing in it is confidential."""

from typing import Final

import msgspec

from lienthong.directory.snapshot import Standing
from lienthong.exchange.gateway import Gateway
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Asked, Endpoint, Nothing
from lienthong.exchange.rest.v1.values import Time
from lienthong.kernel.clock import iso


class DirectoryStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The directory that the gateway decides by."""

    version: int
    standing: Standing
    expires: Time


class JournalStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The head of the gateway's journal."""

    entries: int
    # Hexadecimal.
    root: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How a gateway is doing."""

    site: str
    organs: int
    carrier_connected: bool
    directory: DirectoryStatus
    journal: JournalStatus
    messages_waiting_for_receipt: int


def status_of(gateway: Gateway) -> Status:
    """Return how a gateway is doing."""
    node = gateway.node
    return Status(
        site=node.site,
        organs=len(node.snapshot.organs_at(node.site)),
        carrier_connected=node.carrier.connected,
        directory=DirectoryStatus(
            version=node.snapshot.version, standing=node.directory.standing(), expires=iso(node.snapshot.expires)
        ),
        journal=JournalStatus(entries=node.journal.size, root=node.journal.root().hex()),
        messages_waiting_for_receipt=gateway.store.waiting(),
    )


async def _status(asked: Asked[Nothing, Nothing]) -> Status:
    return status_of(asked.gateway)


ENDPOINTS: Final[tuple[AnyEndpoint, ...]] = (
    Endpoint(
        method="GET",
        path="/v1/status",
        handler=_status,
        summary="Tell how the gateway is doing.",
        params=Nothing,
        body=Nothing,
        answer=Status,
        public=True,
    ),
)
