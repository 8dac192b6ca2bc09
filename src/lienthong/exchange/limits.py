"""How much one peer may ask for: calls per second, calls at once, bytes at once.

A peer is an information system at the side of who calls, the other site at the side of who provides. Nothing
here reads a message: sizes and the clock are passed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import msgspec

from lienthong.exchange.errors import LimitExceeded
from lienthong.kernel.clock import MINUTE, SECOND, Clock, Millis
from lienthong.kernel.errors import LienthongError

MAX_PEERS: Final = 4096
"""Peers that are told apart; whoever comes when there are so many shares one account with the others."""
OTHERS: Final = "(others)"
"""Their account, and that of whoever may not use the name it calls under."""


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Of one peer."""

    # On average, once the burst is used up.
    calls_per_second: float = 5000.0
    # Calls that may come at once after a pause.
    burst: int = 10_000
    # Calls that are being answered.
    concurrent: int = 512
    # Bytes of their bodies.
    bytes_in_flight: int = 512 * 1024 * 1024

    def __post_init__(self) -> None:
        """Refuse a limit that would keep everybody out.

        Raises:
            ValueError: one of them is not above zero.
        """
        for name in self.__struct_fields__:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name.replace('_', '-')} must be above 0")


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[limits]`` of the configuration."""

    # Of each information system that calls through this gateway.
    subsystem: Limit = Limit()
    # Of each site that calls services here.
    site: Limit = Limit()


@dataclass(slots=True, kw_only=True)
class _Account:
    """What one peer has used."""

    # Calls it may make at once.
    tokens: float
    # When that was so.
    at: Millis
    calls: int = 0
    size: int = 0


@dataclass(slots=True, kw_only=True)
class Refusals:
    """Calls of one peer that were refused for one reason since the last time they were told."""

    peer: str
    # The reason's code.
    code: str
    count: int
    first: Millis
    last: Millis


class Ticket:
    """One call that has been let in; close it when it is answered."""

    __slots__ = ("_account", "_held", "_limiter", "_peer", "_size")

    def __init__(self, limiter: "Limiter", account: _Account, peer: str) -> None:
        """Hold a place."""
        self._limiter = limiter
        self._account = account
        self._peer = peer
        self._size = 0
        self._held = True

    def add(self, size: int) -> None:
        """Count bytes that this call holds from now on.

        Raises:
            LimitExceeded: the peer's calls would hold more than they may together.
        """
        most = self._limiter.limit.bytes_in_flight
        if self._account.size + size > most:
            raise self._limiter.exceeded(self._peer, f"more than {most} bytes at once")
        self._account.size += size
        self._size += size

    def __enter__(self) -> Self:
        """Hold the place for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the place and the bytes back."""
        self.close()

    def close(self) -> None:
        """Give the place and the bytes back, once."""
        if self._held:
            self._held = False
            self._account.calls -= 1
            self._account.size -= self._size


@dataclass(kw_only=True)
class Limiter:
    """The accounts of all peers."""

    limit: Limit
    clock: Clock
    _accounts: dict[str, _Account] = field(init=False, default_factory=dict)
    _refused: dict[tuple[str, str], Refusals] = field(init=False, default_factory=dict)

    def enter(self, peer: str) -> Ticket:
        """Let a call in.

        Raises:
            LimitExceeded: the peer makes too many, one after the other or at once.
        """
        account = self._account(peer)
        at, limit = self.clock.now(), self.limit
        if account.calls >= limit.concurrent:
            raise self.exceeded(peer, f"more than {limit.concurrent} calls at once")
        # A clock that is set back makes nobody wait.
        passed = max(0, at - account.at) / SECOND
        account.tokens = min(float(limit.burst), account.tokens + passed * limit.calls_per_second)
        account.at = at
        if account.tokens < 1:
            raise self.exceeded(peer, f"more than {limit.calls_per_second:g} calls per second")
        account.tokens -= 1
        account.calls += 1
        return Ticket(self, account, peer)

    def exceeded(self, peer: str, why: str) -> LimitExceeded:
        """Count a call that is too much, and return the error."""
        return self.refused(peer, LimitExceeded(f"{peer or OTHERS}: {why}"))

    def refused[E: LienthongError](self, peer: str, error: E) -> E:
        """Count a refusal, which becomes evidence together with others, and return the error."""
        known = peer if peer in self._accounts else OTHERS
        at, key = self.clock.now(), (known, error.code)
        counted = self._refused.setdefault(key, Refusals(peer=known, code=error.code, count=0, first=at, last=at))
        counted.count += 1
        counted.last = at
        return error

    def told(self) -> Sequence[Refusals]:
        """Return what was refused since the last time, a line for each peer however much it was."""
        refused, self._refused = self._refused, {}
        return tuple(refused.values())

    def _account(self, peer: str) -> _Account:
        account = self._accounts.get(peer)
        if account is None:
            at = self.clock.now()
            if len(self._accounts) >= MAX_PEERS:
                self._forget(at)
            if len(self._accounts) >= MAX_PEERS:
                peer = OTHERS
            account = self._accounts.setdefault(peer, _Account(tokens=float(self.limit.burst), at=at))
        return account

    def _forget(self, at: Millis) -> None:
        """Let go of accounts that nothing would distinguish from new ones."""
        full = self.limit.burst / self.limit.calls_per_second * SECOND
        self._accounts = {
            peer: account
            for peer, account in self._accounts.items()
            if account.calls or at - account.at < max(full, MINUTE)
        }
