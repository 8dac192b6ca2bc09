"""Bundles: letters of one organ to another that are ready at the same time, under one seal and in one envelope.

As with calls (``exchange.bundle``): one signature and one envelope for all, the header of each as typed fields, and
no inclusion proofs, because they follow from the headers. A bundle is only a way to travel: both sides keep each letter
by itself, with its own seal and in its own envelope, and a letter that has to be sent again goes alone.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import msgspec

from lienthong.exchange.errors import Malformed
from lienthong.exchange.packet import Packet
from lienthong.kernel.clock import Millis
from lienthong.trust.envelope import MAX_ENVELOPE
from lienthong.trust.header import MAX_CONTENTS, Header
from lienthong.trust.mail_fields import MailFields, fields_of, header_of
from lienthong.trust.seal import Bundled, Opened, Verifier

MAX_LETTERS: Final = 64
"""Letters in one bundle."""
MAX_BYTES: Final = 192 * 1024
"""Bytes of headers and contents in one bundle that is made here, so that it fits into a bag."""
# Bytes of a header beside its texts, roughly.
_HEADER: Final = 512


class Item(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """A message, a receipt or a recall."""

    fields: MailFields
    # Contents; a letter with contents that lie apart goes alone.
    parts: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=MAX_CONTENTS)]


class Bundle(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """Several of them, and the one signature over them."""

    # Protected header and signature of the COSE_Sign1 (``trust.seal.Bundled``).
    protected: bytes
    signature: bytes
    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=2, max_length=MAX_LETTERS)]

    def to_bytes(self) -> bytes:
        """Encode for the envelope."""
        return _ENCODER.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Bundle":
        """Read a bundle.

        Raises:
            Malformed: not of this form.
        """
        if len(data) > MAX_ENVELOPE:
            raise Malformed(f"{len(data)} bytes where {MAX_ENVELOPE} are allowed")
        try:
            return _DECODER.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            # The second for text that is not UTF-8: msgspec passes Python's own error on.
            raise Malformed(str(error)) from error

    @classmethod
    def of(cls, sealed: Bundled, letters: Sequence[tuple[Header, tuple[bytes, ...]]]) -> "Bundle":
        """Put headers, in the order in which they were sealed, and their contents into a bundle."""
        return cls(
            sealed.protected, sealed.signature, tuple([Item(fields_of(header), parts) for header, parts in letters])
        )

    def opened(self, verifier: Verifier, *, at: Millis) -> list[tuple[Opened, Packet]]:
        """Check the signature and return each letter as if it had come alone.

        Raises:
            SealInvalid, KeyUnknown, KeyNotValid: as for ``Verifier.open``.
        """
        headers = [header_of(item.fields) for item in self.items]
        opened = verifier.open_bundle(headers, protected=self.protected, signature=self.signature, at=at)
        return [
            (each, Packet(sealed=sealed, parts=item.parts))
            for (each, sealed), item in zip(opened, self.items, strict=True)
        ]


def is_bundle(plaintext: bytes) -> bool:
    """Tell a bundle from a packet: an array of three in MessagePack, an array of two in CBOR."""
    return plaintext[:1] == _FIRST


def groups[T](letters: Iterable[tuple[T, int]]) -> list[list[T]]:
    """Divide letters, in their order, into what fits into a bundle each.

    Args:
        letters: anything, and the bytes of its header and contents.
    """
    divided: list[list[T]] = []
    room = 0
    for letter, size in letters:
        if not divided or size > room or len(divided[-1]) == MAX_LETTERS:
            divided.append([])
            room = MAX_BYTES
        divided[-1].append(letter)
        room -= size + _HEADER
    return divided


_FIRST: Final = b"\x93"
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Bundle)
