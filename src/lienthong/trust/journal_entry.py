"""One line of evidence: what was exchanged, with whom, when, under which seals, and how it was judged.

Encoded as one flat deterministic CBOR array; these very bytes are what the journal's tree is built over:
``[1, at, organ, direction, kind, id, peer, label, purpose, verdict, detail, n, digest × n, seal ...]``.
"""

from functools import lru_cache
from typing import Final, Self

import msgspec

from lienthong.kernel import cbor
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import CborInvalid
from lienthong.trust.errors import EvidenceInvalid

VERSION: Final = 1
# The version, the ten fields before the digests, and their number.
_FIXED: Final = 12
# Characters of texts that are remembered.
_SHORT: Final = 512


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of evidence. It never holds the content, nor a secret."""

    # When it happened, by the gateway's clock.
    at: Millis
    # The organ of this gateway that it concerns, as identifier text.
    organ: str
    # ``out`` (sent), ``in`` (received) or ``own`` (neither: an alarm, a change of state).
    direction: str
    # request, response, message, receipt, event, report, refusal, alarm, state ...
    kind: str
    # Id of the exchange (UUID text); several entries share it.
    id: str
    # The other side, as identifier text; empty if there is none.
    peer: str
    label: str
    purpose: str
    # ``ok``, or the error code of the refusal.
    verdict: str
    # Short text for the reader.
    detail: str
    # SHA-256 of the content(s).
    digests: tuple[bytes, ...] = ()
    # The sealed objects, ours and the peer's: ``cbor([header, COSE_Sign1])``.
    seals: tuple[bytes, ...] = ()

    def to_bytes(self) -> bytes:
        """Encode it: the record that the journal keeps and hashes.

        Raises:
            CborInvalid: text that has no UTF-8 form, or a time before 1970.
        """
        counts = len(self.digests), len(self.seals)
        texts = (self.organ, self.direction, self.kind, self.peer, self.label, self.purpose, self.verdict, self.detail)
        form = _short_form(counts, texts) if len("".join(texts)) <= _SHORT else _form(counts, texts)
        blobs = b"".join(map(cbor.byte_string, self.digests + self.seals))
        return form % (cbor.number(self.at), cbor.text(self.id), blobs)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what ``to_bytes`` wrote; the same bytes come out again.

        Raises:
            EvidenceInvalid: not an entry, or of a version that is not known here.
        """
        try:
            values = cbor.decode(data)
        except CborInvalid as error:
            raise EvidenceInvalid(error.where) from error
        if not isinstance(values, list) or len(values) < _FIXED or values[0] != VERSION:
            raise EvidenceInvalid("not a journal entry of a known version")
        at, *texts, count = values[1:_FIXED]
        blobs = values[_FIXED:]
        if not (_is_count(at) and _is_count(count) and count <= len(blobs) and _are(texts, str) and _are(blobs, bytes)):
            raise EvidenceInvalid("a field of the journal entry has the wrong type")
        organ, direction, kind, id_, peer, label, purpose, verdict, detail = texts
        return cls(
            at=at,
            organ=organ,
            direction=direction,
            kind=kind,
            id=id_,
            peer=peer,
            label=label,
            purpose=purpose,
            verdict=verdict,
            detail=detail,
            digests=tuple(blobs[:count]),
            seals=tuple(blobs[count:]),
        )


def _form(counts: tuple[int, int], texts: tuple[str, ...]) -> bytes:
    """Return what entries have in common, with gaps for the time, the id and what follows the number of digests."""
    before = b"".join(map(cbor.text, texts[:3])).replace(b"%", b"%%")
    after = b"".join(map(cbor.text, texts[3:])).replace(b"%", b"%%")
    head, digests = cbor.array(_FIXED + sum(counts)), cbor.number(counts[0])
    return b"".join((head.replace(b"%", b"%%"), b"\x01%b", before, b"%b", after, digests.replace(b"%", b"%%"), b"%b"))


# The same organs, labels and verdicts in line after line; what is long may be anything and is not remembered.
_short_form: Final = lru_cache(maxsize=4096)(_form)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _are(values: list[object], kind: type) -> bool:
    return all(type(value) is kind for value in values)
