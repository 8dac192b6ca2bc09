"""Calls of the demo, made as any information system would: by HTTP to its own organ's gateway."""

from dataclasses import dataclass

from lienthong.exchange.http_client import fetch
from lienthong.kernel.identifiers import ServiceId, SubsystemId


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call and what came back."""

    # As one would type it.
    curl: str
    status: int
    # The X-Road error type; empty where the service itself answered.
    error: str
    body: str


async def call(url: str, client: SubsystemId, service: ServiceId, path: str) -> Called:
    """Call a service through the gateway at an address."""
    address = f"{url}/r1/{service}{path}"
    answer = await fetch(address, (("x-road-client", str(client)),))
    return Called(
        curl=f"curl -H 'X-Road-Client: {client}' {address}",
        status=answer.status,
        error=answer.header("x-road-error"),
        body=answer.body.decode(),
    )
