"""The sealed form of a header: byte for byte what the general encoder makes of the same map."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel import cbor
from lienthong.kernel.errors import CborInvalid
from lienthong.kernel.labels import Label, Level
from lienthong.trust.header import Content, Header, Kind
from lienthong.trust.header_encoding import encoded
from tests.support.seals import REQUEST

# Signs that stand for gaps where bytes are filled in, and heads of short texts in CBOR.
SIGNS = st.text(st.sampled_from("%bsd`aé"), max_size=4)
TEXTS = SIGNS | SIGNS | st.text(st.characters(exclude_categories=["Cs"]), max_size=600)
DIGESTS = st.binary(min_size=32, max_size=32) | st.binary(max_size=40)
TIMES = st.integers(0, (1 << 64) - 1) | st.sampled_from([0, (1 << 32) - 1, 1 << 32, (1 << 64) - 1])
CONTENTS = st.builds(
    Content, digest=DIGESTS, size=st.integers(0, 1 << 40) | st.integers(0, 30), name=TEXTS, media_type=TEXTS
)
LABELS = st.builds(Label, st.sampled_from(Level), st.frozensets(st.sampled_from(["personnel", "a", "b-1"]), max_size=2))
HEADERS = st.builds(
    Header,
    kind=st.sampled_from(Kind),
    id=st.uuids(),
    sender=TEXTS,
    receiver=TEXTS,
    label=LABELS,
    created=TIMES,
    expires=TIMES,
    conversation=st.none() | st.none() | st.uuids(),
    method=SIGNS,
    path=TEXTS,
    user=TEXTS,
    purpose=TEXTS,
    subject=st.just("") | TEXTS,
    urgency=st.just(0) | st.integers(0, 300),
    contents=st.lists(CONTENTS, min_size=2, max_size=2).map(tuple) | st.lists(CONTENTS, max_size=30).map(tuple),
    answers=st.just(b"") | DIGESTS,
    status=SIGNS,
    note=st.just("") | TEXTS,
    fault=SIGNS,
    sequence=st.just(0) | st.integers(0, 300),
    repeats=st.none() | st.none() | st.uuids(),
)


def as_map(header: Header) -> dict[int, Any]:
    """The map of docs/protocol.md, written by somebody who thinks of nothing but that."""
    optional = {
        9: header.conversation and header.conversation.bytes,
        10: header.method,
        11: header.path,
        12: header.user,
        13: header.purpose,
        14: header.subject,
        15: header.urgency,
        16: [[each.digest, each.size, each.name, each.media_type] for each in header.contents],
        17: header.answers,
        18: header.status,
        19: header.note,
        20: header.fault,
        21: header.sequence,
        22: header.repeats and header.repeats.bytes,
    }
    required = {
        1: 1,
        2: header.kind.value,
        3: header.id.bytes,
        4: header.sender,
        5: header.receiver,
        6: [int(header.label.level), sorted(header.label.caveats)],
        7: header.created,
        8: header.expires,
    }
    return required | {key: value for key, value in optional.items() if value}


@given(header=HEADERS)
def test_it_is_what_the_general_encoder_makes(header: Header) -> None:
    assert encoded(header) == cbor.encode(as_map(header))
    # Again, from what is remembered now.
    assert encoded(header) == cbor.encode(as_map(header))


@pytest.mark.parametrize("field", ["sender", "receiver", "path", "user", "purpose", "status", "fault", "note"])
def test_text_without_a_utf8_form_is_refused(field: str) -> None:
    with pytest.raises(CborInvalid):
        encoded(Header(**{name: getattr(REQUEST, name) for name in REQUEST.__struct_fields__} | {field: "\ud800"}))


@pytest.mark.parametrize("field", ["created", "expires"])
@pytest.mark.parametrize("time", [-1, 1 << 64])
def test_a_time_that_does_not_fit_is_refused(field: str, time: int) -> None:
    with pytest.raises(CborInvalid):
        encoded(Header(**{name: getattr(REQUEST, name) for name in REQUEST.__struct_fields__} | {field: time}))
