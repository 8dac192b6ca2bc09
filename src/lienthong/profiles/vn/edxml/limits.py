"""How much of a packet is read: bounds that hold over a packet and everything nested in it."""

from dataclasses import dataclass, field
from typing import Final

from lienthong.profiles.vn.edxml.errors import PacketTooLarge

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds. Sizes are in bytes."""

    # Of the file.
    size: int = 64 * _MIB
    # Of all attachments together, decoded and unpacked, with what is nested in them.
    unpacked: int = 256 * _MIB
    # Unpacked to packed, of a ZIP file that unpacks to more than 1 MiB.
    ratio: int = 100
    attachments: int = 500
    elements: int = 20_000
    # Of elements in elements.
    depth: int = 32
    # Of packets in packets; 1 reads only the outermost.
    nesting: int = 4
    # Namespaces that are declared at one place.
    namespaces: int = 64
    # Signs of equality: expat reads all attributes of an element before it shows one, so they are counted unparsed.
    equals: int = 100_000
    # Of the text of one element that is not base64.
    text: int = _MIB
    # Signatures that are looked at.
    signatures: int = 4


DEFAULT: Final = Limits()
"""What ``lienthong edxml read`` goes by."""


@dataclass(slots=True)
class Budget:
    """What is left of the bounds while one file is read."""

    limits: Limits
    elements: int = field(init=False, default=0)
    attachments: int = field(init=False, default=0)
    unpacked: int = field(init=False, default=0)

    def element(self, line: int) -> None:
        """Count an element.

        Raises:
            PacketTooLarge: it is one too many.
        """
        self.elements += 1
        if self.elements > self.limits.elements:
            raise PacketTooLarge(f"more than {self.limits.elements} elements", line=line)

    def attachment(self, line: int) -> None:
        """Count an attachment.

        Raises:
            PacketTooLarge: it is one too many.
        """
        self.attachments += 1
        if self.attachments > self.limits.attachments:
            raise PacketTooLarge(f"more than {self.limits.attachments} attachments", line=line)

    @property
    def left(self) -> int:
        """Bytes that attachments may still unpack to."""
        return self.limits.unpacked - self.unpacked

    def take(self, size: int, line: int) -> None:
        """Count bytes of attachments.

        Raises:
            PacketTooLarge: they are too many.
        """
        self.unpacked += size
        if self.unpacked > self.limits.unpacked:
            raise PacketTooLarge(f"more than {self.limits.unpacked} bytes of attachments, unpacked", line=line)
