"""Entries: the bytes that are hashed come back as they were, and nothing else passes for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel import cbor
from lienthong.trust.errors import EvidenceInvalid
from lienthong.trust.journal import Entry
from tests.support.journals import entry


@given(
    at=st.integers(0, 2**62),
    # Signs that stand for gaps where bytes are filled in are more likely than by chance.
    texts=st.lists(st.text(max_size=20) | st.text(st.sampled_from("%bsd"), max_size=4), min_size=9, max_size=9),
    digests=st.lists(st.binary(max_size=40), max_size=4) | st.lists(st.binary(max_size=2), min_size=20, max_size=40),
    seals=st.lists(st.binary(max_size=40), max_size=4),
)
def test_an_entry_comes_back_as_it_was(at: int, texts: list[str], digests: list[bytes], seals: list[bytes]) -> None:
    names = ("organ", "direction", "kind", "id", "peer", "label", "purpose", "verdict", "detail")
    one = Entry(at=at, digests=tuple(digests), seals=tuple(seals), **dict(zip(names, texts, strict=True)))
    assert Entry.from_bytes(one.to_bytes()) == one
    before = [1, at, *texts[:9], len(digests)]
    assert one.to_bytes() == cbor.encode([*before, *digests, *seals])


GOOD = cbor.decode(entry(1, seals=[b"seal"]).to_bytes())


@pytest.mark.parametrize(
    "values",
    [
        {},
        [],
        [2, *GOOD[1:]],
        GOOD[:11],
        [1, "now", *GOOD[2:]],
        [1, -1, *GOOD[2:]],
        [1, True, *GOOD[2:]],
        [*GOOD[:5], b"id", *GOOD[6:]],
        [*GOOD[:11], 3, *GOOD[12:]],
        [*GOOD[:12], "digest"],
    ],
)
def test_what_is_not_an_entry_is_refused(values: object) -> None:
    with pytest.raises(EvidenceInvalid):
        Entry.from_bytes(cbor.encode(values))


def test_an_entry_in_another_encoding_is_refused() -> None:
    # The same array with its length in a longer form.
    data = entry().to_bytes()
    with pytest.raises(EvidenceInvalid, match=r"form|encoding"):
        Entry.from_bytes(b"\x98" + bytes([data[0] & 0x1F]) + data[1:])
