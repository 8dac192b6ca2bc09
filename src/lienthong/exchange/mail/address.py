"""Addresses: an organ, a list, a group, a level, a subtree or everyone, and whom that means today."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from lienthong.directory.model import local_group
from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.errors import AddressInvalid, NobodyAddressed
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.identifiers import ClientId, OrganId, SubsystemId

MAX_WRITTEN: Final = 10_000
"""Parts of one address as they are written down."""
_EVERYONE: Final = "*"
_GROUP: Final = "group:"
_LOCAL: Final = "local:"
_LEVEL: Final = "level:"
_BELOW: Final = "below:"
_MAX_LEVEL: Final = 99
_TOKEN: Final = re.compile(r"[a-z0-9-]{1,32}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Whom a message is for. All that is named counts together; nobody gets it twice."""

    # Named one by one.
    organs: tuple[OrganId, ...] = ()
    # Codes of the directory's groups.
    groups: tuple[str, ...] = ()
    # Codes of the sending information system's own groups.
    local_groups: tuple[str, ...] = ()
    # Depths in the directory's tree: 0 answers to nobody, 1 to one of those, and so on.
    levels: tuple[int, ...] = ()
    # All organs that answer to one of these, directly or not; not these themselves.
    below: tuple[OrganId, ...] = ()
    everyone: bool = False

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Self:
        """Read an address of written parts.

        Args:
            texts: each an organ's identifier, ``group:CODE``, ``local:CODE``, ``level:N``, ``below:ORGAN`` or ``*``.

        Raises:
            AddressInvalid: a part of another form, or too many of them.
        """
        if len(texts) > MAX_WRITTEN:
            raise AddressInvalid(f"{len(texts)} parts where {MAX_WRITTEN} are allowed")
        found: dict[str, list[str]] = {}
        for text in texts:
            kind = next((kind for kind in (_GROUP, _LOCAL, _LEVEL, _BELOW) if text.startswith(kind)), "")
            found.setdefault(kind, []).append(text.removeprefix(kind))
        named = found.get("", [])
        return cls(
            organs=tuple(_organ(text) for text in named if text != _EVERYONE),
            groups=tuple(_code(text) for text in found.get(_GROUP, [])),
            local_groups=tuple(_code(text) for text in found.get(_LOCAL, [])),
            levels=tuple(_level(text) for text in found.get(_LEVEL, [])),
            below=tuple(_organ(text) for text in found.get(_BELOW, [])),
            everyone=_EVERYONE in named,
        )

    def texts(self) -> list[str]:
        """Write the parts as ``parse`` reads them."""
        return [
            *map(str, self.organs),
            *(f"{_GROUP}{code}" for code in self.groups),
            *(f"{_LOCAL}{code}" for code in self.local_groups),
            *(f"{_LEVEL}{level}" for level in self.levels),
            *(f"{_BELOW}{organ}" for organ in self.below),
            *([_EVERYONE] if self.everyone else []),
        ]


def resolve(address: Address, *, sender: ClientId, directory: Snapshot) -> tuple[OrganId, ...]:
    """Return whom an address means by this directory.

    Those named one by one come first, known or not: the policy says of each why it is refused. All others
    are active organs of the directory, in its order. The sender's organ is never among them.

    Args:
        address: who is meant.
        sender: who sends. Groups of its own has an information system only, the same that its grants name.
        directory: the snapshot to look it up in.

    Raises:
        NobodyAddressed: a group, level or superior organ that names nobody here: a misspelt one must not pass
            for an empty one.
    """
    if address == Address():
        raise NobodyAddressed("an empty address")
    chosen = _chosen(address, sender, directory)
    meant = dict.fromkeys(address.organs)
    if chosen:
        meant |= dict.fromkeys(organ.id for organ in directory.organs() if organ.active and organ.id in chosen)
    meant.pop(sender.organ, None)
    return tuple(meant)


def _chosen(address: Address, sender: ClientId, directory: Snapshot) -> set[OrganId]:
    chosen: set[OrganId] = set()
    if address.everyone:
        chosen.update(organ.id for organ in directory.organs())
    for code in address.groups:
        chosen |= _members(f"{_GROUP}{code}", directory.members_of(code))
    for code in address.local_groups:
        own = directory.members_of(local_group(sender, code)) if isinstance(sender, SubsystemId) else ()
        chosen |= _members(f"{_LOCAL}{code}", own)
    if address.levels or address.below:
        lines = _lines(directory)
        for level in address.levels:
            chosen |= _some(f"{_LEVEL}{level}", {organ for organ, line in lines.items() if len(line) == level})
        for superior in address.below:
            chosen |= _some(f"{_BELOW}{superior}", {organ for organ, line in lines.items() if superior in line})
    return chosen


def _members(what: str, members: Iterable[ClientId]) -> set[OrganId]:
    # Mailboxes belong to organs: an information system in a group stands for its organ.
    return _some(what, {member.organ for member in members})


def _some(what: str, found: set[OrganId]) -> set[OrganId]:
    if not found:
        raise NobodyAddressed(what)
    return found


def _lines(directory: Snapshot) -> dict[OrganId, tuple[OrganId, ...]]:
    """Return the superiors of every organ, nearest first; organs without a way to the top are left out."""
    lines: dict[OrganId, tuple[OrganId, ...]] = {}
    for organ in directory.organs():
        line: list[OrganId] = []
        above = organ.parent
        while above is not None and above not in line and above != organ.id:
            line.append(above)
            superior = directory.organ(above)
            if superior is None:
                break
            above = superior.parent
        else:
            # A branch may name its own organs' superiors as it likes: in a circle, nobody is at any level.
            if above is None:
                lines[organ.id] = tuple(line)
    return lines


def _organ(text: str) -> OrganId:
    try:
        organ = OrganId.parse(text)
    except IdentifierInvalid as error:
        raise AddressInvalid(error.where) from error
    if str(organ) != text:
        raise AddressInvalid(f"{text[:200]!r} is written {str(organ)[:200]!r}")
    return organ


def _code(text: str) -> str:
    # As the directory writes codes: the name under which it keeps a system's own group must not pass for the centre's.
    if not _TOKEN.match(text):
        raise AddressInvalid(f"group {text[:200]!r}")
    return text


def _level(text: str) -> int:
    if not (text.isascii() and text.isdigit() and text == str(int(text)) and int(text) <= _MAX_LEVEL):
        raise AddressInvalid(f"level {text[:20]!r}")
    return int(text)
