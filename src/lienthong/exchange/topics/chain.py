"""How the blocks of a topic hang together: told by what its owner has sealed, not by what the carrier says.

Pure values. A block either continues the chain, comes too early, is known, fills a hole, or contradicts it.
Nothing the carrier leaves out, repeats, swaps or brings from elsewhere gets past this unnoticed.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from uuid import UUID

import msgspec


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A block's place in the chain."""

    number: int
    # The sequence of its first event; of the next one where it has none.
    first: int
    count: int
    # Of its header, and of the header before; that is empty in the first block.
    digest: bytes
    previous: bytes

    @property
    def last(self) -> int:
        """The sequence of its last event, or of the last one before."""
        return self.first + self.count - 1


class Step(StrEnum):
    """What a block is to the chain."""

    NEXT = "next"
    # A block before it has not come yet.
    AHEAD = "ahead"
    # It was taken before.
    KNOWN = "known"
    # It fills a hole behind us.
    LATE = "late"
    # Its place is taken by another, or it does not continue what it should: its owner sealed two histories.
    FORK = "fork"
    # It begins a newer chain of the same owner.
    RESTART = "restart"
    # It is of a chain that was given up, or nothing shows where it belongs.
    STALE = "stale"


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """Events between two that are there."""

    first: int
    last: int


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """How far a topic has been taken without a hole since it was begun."""

    # Names the chain by the time at which its owner began it (UUID version 7); None: nothing has come.
    id: UUID | None = None
    number: int = 0
    sequence: int = 0
    digest: bytes = b""
    # What came before its turn, by number.
    ahead: Mapping[int, Link] = {}

    def step(self, chain: UUID, link: Link, known: Callable[[int], Link | None]) -> Step:
        """Judge a block.

        Args:
            chain: which one it is said to belong to.
            link: its place.
            known: finds a block of this chain that was taken before, by its number.
        """
        if chain != self.id:
            # Version 7: later ones are greater. A chain that was given up never comes back.
            return Step.RESTART if self.id is None or chain.int > self.id.int else Step.STALE
        if link.number > self.number:
            return self._ahead(link)
        same = known(link.number)
        if same is not None:
            return Step.KNOWN if same.digest == link.digest else Step.FORK
        before, after = known(link.number - 1), known(link.number + 1)
        fits = (after is not None and after.previous == link.digest and after.first == link.last + 1) or (
            before is not None and link.previous == before.digest and link.first == before.last + 1
        )
        return Step.LATE if fits else Step.STALE

    def _ahead(self, link: Link) -> Step:
        same = self.ahead.get(link.number)
        if same is not None:
            return Step.KNOWN if same.digest == link.digest else Step.FORK
        if link.number == self.number + 1:
            return Step.NEXT if self._continues(link) else Step.FORK
        return Step.AHEAD if link.first > self.sequence else Step.FORK

    def _continues(self, link: Link) -> bool:
        return link.previous == self.digest and link.first == self.sequence + 1

    def taken(self, chain: UUID, link: Link) -> "Chain":
        """Return the chain with a block that is next, ahead, or begins a newer chain.

        What had come too early is taken with it as far as it follows; a contradiction in it stays ahead.
        """
        if chain != self.id:
            # Whoever begins to follow begins wherever the carrier still can.
            return Chain(id=chain, number=link.number, sequence=link.last, digest=link.digest)
        if link.number > self.number + 1:
            return msgspec.structs.replace(self, ahead={**self.ahead, link.number: link})
        moved = Chain(id=chain, number=link.number, sequence=link.last, digest=link.digest, ahead=self.ahead)
        return moved.drawn()

    def drawn(self) -> "Chain":
        """Return the chain with everything from ahead that follows by now."""
        chain, ahead = self, dict(self.ahead)
        while (link := ahead.get(chain.number + 1)) is not None and chain._continues(link):
            del ahead[link.number]
            chain = Chain(id=chain.id, number=link.number, sequence=link.last, digest=link.digest)
        return msgspec.structs.replace(chain, ahead=ahead)

    @property
    def contradicted(self) -> bool:
        """Whether what lies ahead cannot continue this chain, whatever comes."""
        return self.number + 1 in self.ahead or (
            bool(self.ahead) and self.ahead[min(self.ahead)].first <= self.sequence
        )

    def jumped(self) -> tuple["Chain", Missing]:
        """Give up waiting: go on with what lies ahead, and say which events were left out for it."""
        link = self.ahead[min(self.ahead)]
        ahead = {number: other for number, other in self.ahead.items() if number != link.number}
        chain = Chain(id=self.id, number=link.number, sequence=link.last, digest=link.digest, ahead=ahead)
        return chain.drawn(), Missing(first=self.sequence + 1, last=link.first - 1)
