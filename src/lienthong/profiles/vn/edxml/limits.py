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
    # Of text that is parsed, with that of nested packets.
    parsed: int = 96 * _MIB
    # Of text that signatures are checked over: the size of their packet, for each reference in them.
    verified: int = 64 * _MIB
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
    # Of "<": comments and the like cost time and are no elements.
    marks: int = 100_000
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
    parsed: int = field(init=False, default=0)
    verified: int = field(init=False, default=0)

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

    def text(self, text: bytes) -> None:
        """Count a text before it is parsed.

        Raises:
            PacketTooLarge: there is too much of it, or of what is in it.
        """
        self.parsed += len(text)
        if self.parsed > self.limits.parsed:
            raise PacketTooLarge(f"more than {self.limits.parsed} bytes of text, with that of nested packets")
        for sign, most in ((b"=", self.limits.equals), (b"<", self.limits.marks)):
            if text.count(sign) > most:
                raise PacketTooLarge(f"more than {most} of {sign.decode()}")

    def may_verify(self, size: int) -> bool:
        """Count bytes to check signatures over; tells whether they may still be."""
        if self.verified + size > self.limits.verified:
            return False
        self.verified += size
        return True

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
