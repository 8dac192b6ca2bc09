"""Sealing letters together: one signature for all that are ready at the same time, bundles where they go one way."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from lienthong.directory.model import Organ
from lienthong.exchange.mail import bundle
from lienthong.exchange.mail.bundle import Bundle
from lienthong.exchange.node import Node
from lienthong.exchange.packet import Packet, Part
from lienthong.trust import seal
from lienthong.trust.envelope import Wrap
from lienthong.trust.header import Header
from lienthong.trust.keys import PublicKey


class Together(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The one envelope in which letters can travel as long as all of them do."""

    data: bytes
    count: int


class Unsealed(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A letter that is ready to be sealed."""

    header: Header
    # The form in which it is sealed.
    encoded: bytes
    parts: tuple[Part, ...]
    receiver: Organ
    key: PublicKey
    wrap: Wrap
    # Others receive the same message: their names must not come out by trying (``seal.seal_many``).
    to_many: bool = False


class Sealed(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A letter's seal, the envelope in which it is kept and can go alone, and the one it shares with others."""

    sealed: bytes
    data: bytes
    together: Together | None = None


def seal_all(node: Node, letters: Sequence[Unsealed]) -> list[Sealed]:
    """Seal letters with as few signatures as there are keys and ways, and encrypt them.

    Raises:
        KeyUnknown: the store does not hold one of the keys.
        KeyStoreError: it refused.
    """
    done: list[Sealed | None] = [None] * len(letters)
    ways: dict[tuple[bytes, str, int], list[tuple[int, int]]] = {}
    alone: dict[bytes, list[int]] = {}
    for number, letter in enumerate(letters):
        size = len(letter.encoded) + sum(len(part) if isinstance(part, bytes) else _NEVER for part in letter.parts)
        if letter.to_many or size > bundle.MAX_BYTES:
            alone.setdefault(letter.key.kid, []).append(number)
        else:
            ways.setdefault((letter.key.kid, letter.receiver.token, id(letter.wrap)), []).append((number, size))
    for (kid, _, _), found in ways.items():
        for group in bundle.groups(found):
            if len(group) == 1:
                alone.setdefault(kid, []).append(group[0])
            else:
                _bundle(node, letters, group, done)
    for numbers in alone.values():
        for start in range(0, len(numbers), seal.MAX_BATCH):
            batch = numbers[start : start + seal.MAX_BATCH]
            seals = seal.seal_many(
                [letters[number].encoded for number in batch], key=letters[batch[0]].key, store=node.store
            )
            for number, sealed in zip(batch, seals, strict=True):
                done[number] = _sealed(letters[number], sealed)
    return [each for each in done if each is not None]


class Joining:
    """Collects letters during one turn of the event loop and seals them together."""

    def __init__(self, node: Node) -> None:
        """Seal with the keys of a node."""
        self._node = node
        self._waiting: list[tuple[Unsealed, asyncio.Future[Sealed]]] = []

    async def seal(self, letter: Unsealed) -> Sealed:
        """Seal a letter, with the others that are ready in this turn.

        Raises:
            KeyUnknown: the store does not hold the key.
            KeyStoreError: it refused.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._flush)
        future: asyncio.Future[Sealed] = loop.create_future()
        self._waiting.append((letter, future))
        return await future

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        by_key: dict[bytes, list[tuple[Unsealed, asyncio.Future[Sealed]]]] = {}
        for each in waiting:
            by_key.setdefault(each[0].key.kid, []).append(each)
        for group in by_key.values():
            try:
                sealed = seal_all(self._node, [letter for letter, _ in group])
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait
                for _, future in group:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), result in zip(group, sealed, strict=True):
                if not future.done():
                    future.set_result(result)


def _bundle(node: Node, letters: Sequence[Unsealed], group: Sequence[int], done: list[Sealed | None]) -> None:
    members = [letters[number] for number in group]
    first = members[0]
    bundled = seal.seal_bundle([member.encoded for member in members], key=first.key, store=node.store)
    made = Bundle.of(bundled, [(member.header, _inline(member.parts)) for member in members])
    together = Together(data=first.wrap.encrypt(made.to_bytes()), count=len(members))
    for number, sealed in zip(group, bundled.seals, strict=True):
        done[number] = _sealed(letters[number], sealed, together)


def _sealed(letter: Unsealed, sealed: bytes, together: Together | None = None) -> Sealed:
    data = letter.wrap.encrypt(Packet(sealed=sealed, parts=letter.parts).to_bytes())
    return Sealed(sealed=sealed, data=data, together=together)


def _inline(parts: Sequence[Part]) -> tuple[bytes, ...]:
    return tuple([part for part in parts if isinstance(part, bytes)])


# What lies apart makes its letter too large for a bundle.
_NEVER: Final = bundle.MAX_BYTES + 1
