"""Bundles: calls that one organ makes to another at the same time, and their answers, under one seal.

A busy gateway has many calls waiting for the same other organ. Together they need one signature, one
envelope and one message; and because the inclusion proofs follow from the headers, none travels. Whoever
opens a bundle has the seal of each call in the one form in which it is evidence (``trust.seal``).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Final

import msgspec

from lienthong.exchange.errors import Malformed
from lienthong.kernel.clock import Millis
from lienthong.kernel.hashing import sha256
from lienthong.trust.envelope import MAX_ENVELOPE
from lienthong.trust.header import Header
from lienthong.trust.header_fields import HeaderFields, fields_of, header_of
from lienthong.trust.seal import Bundled, Opened, Verifier

MAX_CALLS: Final = 32
"""Calls in one bundle: more would make those at its end wait longer than a second signature takes."""
MAX_BYTES: Final = 256 * 1024
"""Bytes of headers and contents in one bundle that is made here: the carrier takes some more in a message."""
# Head and body.
_CONTENTS: Final = 2


class Item(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """A call or an answer."""

    fields: HeaderFields
    # Head and body; nothing for an answer that the exchange itself makes.
    parts: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=_CONTENTS)]


class Bundle(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """Several of them, and the one signature over them."""

    # Protected header and signature of the COSE_Sign1 (``trust.seal.Bundled``).
    protected: bytes
    signature: bytes
    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=MAX_CALLS)]

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
    def of(cls, sealed: Bundled, items: Sequence[tuple[Header, tuple[bytes, ...]]]) -> "Bundle":
        """Put headers, in the order in which they were sealed, and their contents into a bundle."""
        return cls(
            sealed.protected, sealed.signature, tuple([Item(fields_of(header), parts) for header, parts in items])
        )

    def opened(self, verifier: Verifier, *, at: Millis) -> list[tuple[Opened, bytes, tuple[bytes, ...]]]:
        """Check the signature and return each item opened, with its seal and its contents.

        Raises:
            SealInvalid, KeyUnknown, KeyNotValid: as for ``Verifier.open``.
        """
        headers = [header_of(item.fields) for item in self.items]
        opened = verifier.open_bundle(headers, protected=self.protected, signature=self.signature, at=at)
        return [(each, sealed, item.parts) for (each, sealed), item in zip(opened, self.items, strict=True)]


def is_bundle(plaintext: bytes) -> bool:
    """Tell a bundle from a packet: an array of three in MessagePack, an array of two in CBOR."""
    return plaintext[:1] == _FIRST


def digest_of(plaintext: bytes) -> bytes:
    """Return the SHA-256 of an encoded bundle: what its answers' envelopes are bound to."""
    return sha256(plaintext)


def groups[T](items: Iterable[T], *, size: Callable[[T], int], alone: Callable[[T], bool]) -> list[list[T]]:
    """Divide items, in their order, into what fits into a bundle each.

    Args:
        items: calls or answers.
        size: bytes of one's header and contents.
        alone: whether one goes by itself.
    """
    divided: list[list[T]] = []
    room, places = 0, 0
    for item in items:
        if alone(item):
            divided.append([item])
            places = 0
            continue
        room -= (length := size(item))
        if not places or room < 0:
            divided.append([])
            room, places = MAX_BYTES - length, MAX_CALLS
        divided[-1].append(item)
        places -= 1
    return divided


_FIRST: Final = b"\x93"
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Bundle)
