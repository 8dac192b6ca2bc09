"""The sealed header: it comes back as it was, in one encoding, and half-understood ones are refused."""

from copy import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from lienthong.kernel import cbor
from lienthong.kernel.labels import Label, Level
from lienthong.trust.errors import SealInvalid
from lienthong.trust.header import MAX_HEADER, Content, Header, Kind, ReceiptState
from tests.support.seals import REQUEST

NUMBERS = st.integers(0, (1 << 53) - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
CONTENTS = st.builds(Content, digest=st.binary(min_size=32, max_size=32), size=NUMBERS, name=TEXTS, media_type=TEXTS)
COMMON = st.fixed_dictionaries(
    {
        "id": st.uuids(),
        "sender": TEXTS,
        "receiver": TEXTS,
        "label": st.builds(
            Label, st.sampled_from(Level), st.frozensets(st.sampled_from(["a", "b-1", "health"]), max_size=3)
        ),
        "created": NUMBERS,
        "expires": NUMBERS,
        "conversation": st.none() | st.uuids(),
        "user": TEXTS,
        "purpose": TEXTS,
        "subject": TEXTS,
        "urgency": NUMBERS,
        "contents": st.lists(CONTENTS, max_size=4).map(tuple),
        "answers": st.binary(max_size=40),
        "note": TEXTS,
    }
)
SPECIAL = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just(Kind.REQUEST),
            "method": st.sampled_from(["", "GET", "PATCH"]),
            "path": st.from_regex(r"([/?][!-\"$-~]{0,40})?\Z", fullmatch=True),
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just(Kind.RESPONSE), "status": st.from_regex(r"[1-9][0-9]{2}\Z", fullmatch=True)}
    ),
    st.fixed_dictionaries({"kind": st.just(Kind.RESPONSE), "fault": TEXTS.filter(bool)}),
    st.fixed_dictionaries({"kind": st.just(Kind.RECEIPT), "status": st.sampled_from(ReceiptState).map(str)}),
    st.fixed_dictionaries({"kind": st.just(Kind.RECALL)}),
    st.fixed_dictionaries({"kind": st.just(Kind.MESSAGE), "repeats": st.none() | st.uuids()}),
    st.fixed_dictionaries({"kind": st.just(Kind.MESSAGE), "conversation": st.uuids(), "sequence": NUMBERS}),
)
HEADERS = st.builds(lambda common, special: Header(**(common | special)), COMMON, SPECIAL)


def changed(field: int, value: object) -> bytes:
    """The bytes of the request with one field set, or left out where the value is an ellipsis."""
    found: dict[int, Any] = cbor.decode(REQUEST.to_bytes())
    found[field] = value
    return cbor.encode({key: item for key, item in found.items() if item is not ...})


@given(header=HEADERS)
def test_a_header_comes_back(header: Header) -> None:
    assert Header.from_bytes(header.to_bytes()) == header


@given(header=HEADERS)
def test_it_is_deterministic_cbor(header: Header) -> None:
    assert cbor.encode(cbor.decode(header.to_bytes())) == header.to_bytes()


@given(header=HEADERS, data=st.data())
def test_whatever_is_accepted_is_written_the_same(header: Header, data: st.DataObject) -> None:
    # There is no second encoding of a header: what is shown in evidence is what was sealed.
    encoded = bytearray(header.to_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        other = Header.from_bytes(bytes(encoded))
    except SealInvalid:
        return
    assert other.to_bytes() == bytes(encoded)


@given(data=st.binary(max_size=100))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(SealInvalid):
        Header.from_bytes(data)


@given(value=st.dictionaries(st.integers(0, 25), st.none() | st.booleans() | st.integers() | st.text() | st.binary()))
def test_arbitrary_maps_are_refused(value: dict[int, object]) -> None:
    try:
        encoded = cbor.encode(value)
    except ValueError:
        return
    except Exception as error:  # noqa: BLE001 - integers of more than 64 bits
        assert "64 bits" in str(error)  # noqa: PT017 - any other would be a defect
        return
    with pytest.raises(SealInvalid):
        Header.from_bytes(encoded)


@pytest.mark.parametrize("field", range(1, 9))
def test_a_required_field_cannot_be_missing(field: int) -> None:
    with pytest.raises(SealInvalid, match="missing or unknown"):
        Header.from_bytes(changed(field, ...))


@pytest.mark.parametrize("field", [0, 23, 24, 100, -1, "kind", b"\x01"])
def test_a_field_nobody_knows_is_refused(field: Any) -> None:  # noqa: ANN401 - a key of any type
    # It may be a condition; whoever cannot read it must not act on the rest.
    with pytest.raises(SealInvalid, match="missing or unknown"):
        Header.from_bytes(changed(field, 1))


@pytest.mark.parametrize("version", [0, 2, -1, "1", True, None])
def test_another_version_is_refused(version: object) -> None:
    with pytest.raises(SealInvalid):
        Header.from_bytes(changed(1, version))


@pytest.mark.parametrize("field", [9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20])
@pytest.mark.parametrize("empty", ["", b"", [], None, 0, False])
def test_an_empty_field_is_left_out_and_not_written(field: int, empty: object) -> None:
    with pytest.raises(SealInvalid):
        Header.from_bytes(changed(field, empty))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (2, "gossip"),
        (2, "REQUEST"),
        (2, 1),
        (2, []),
        (3, "text"),
        (3, b"short"),
        (3, bytes(17)),
        (4, b"VN/PARTY/A01"),
        (4, None),
        (5, 5),
        (6, "internal"),
        (6, 1),
        (6, [1]),
        (6, [1, [], 0]),
        (6, [5, []]),
        (6, [-1, []]),
        (6, [True, []]),
        (6, ["1", []]),
        (6, [1, "ab"]),
        (6, [1, {}]),
        (6, [1, ["b", "a"]]),
        (6, [1, ["a", "a"]]),
        (6, [1, ["A"]]),
        (6, [1, [1]]),
        (6, [1, ["a", 1]]),
        (6, [1, [["a"]]]),
        (7, -1),
        (7, 1 << 53),
        (7, "0"),
        (7, True),
        (8, None),
        (8, b""),
        (9, "6f1d9f4e6f0c4f3c9b430d9c2f3f1a01"),
        (9, b"short"),
        (10, b"GET"),
        (10, "get"),
        (10, "GET /x"),
        (10, "G\nT"),
        (10, "G" * 17),
        (11, "persons"),
        (11, "@elsewhere/x"),
        (11, "//a b"),
        (11, "/a/..#"),
        (11, "/a/.\n."),
        (11, "/a\r\nHost: b"),
        (11, "/Đ"),
        (15, -1),
        (15, "1"),
        (15, True),
        (16, {}),
        (16, "x"),
        (16, [[]]),
        (16, ["abcd"]),
        (16, [[bytes(32), 1, ""]]),
        (16, [[bytes(32), 1, "", "", ""]]),
        (16, [[bytes(31), 1, "", ""]]),
        (16, [[bytes(33), 1, "", ""]]),
        (16, [["x" * 32, 1, "", ""]]),
        (16, [[bytes(32), -1, "", ""]]),
        (16, [[bytes(32), True, "", ""]]),
        (16, [[bytes(32), 1, b"", ""]]),
        (16, [[bytes(32), 1, "", None]]),
        (16, [[bytes(32), 1, "", ""]] * 65),
        (17, "x"),
        (18, 200),
        (19, b"x"),
        (20, ["x"]),
        (21, -1),
        (21, "1"),
        (22, bytes(15)),
        (22, "x"),
    ],
)
def test_a_field_of_another_form_is_refused(field: int, value: object) -> None:
    with pytest.raises(SealInvalid):
        Header.from_bytes(changed(field, value))


@pytest.mark.parametrize(
    ("kind", "status", "fault", "fits"),
    [
        (Kind.RESPONSE, "200", "", True),
        (Kind.RESPONSE, "", "access_denied", True),
        (Kind.RESPONSE, "", "", False),
        (Kind.RESPONSE, "200", "access_denied", False),
        (Kind.RESPONSE, "20", "", False),
        (Kind.RESPONSE, "2000", "", False),
        (Kind.RESPONSE, "099", "", False),
        (Kind.RESPONSE, "\uff12\uff10\uff10", "", False),
        (Kind.RESPONSE, "200\n", "", False),
        (Kind.RESPONSE, "delivered", "", False),
        (Kind.RECEIPT, "delivered", "", True),
        (Kind.RECEIPT, "refused", "", True),
        (Kind.RECEIPT, "read", "", False),
        (Kind.RECEIPT, "", "", False),
        (Kind.RECEIPT, "200", "", False),
        (Kind.REQUEST, "", "", True),
        (Kind.REQUEST, "200", "", False),
        (Kind.RECEIPT, "recalled", "", True),
        (Kind.RECEIPT, "kept", "", True),
        (Kind.MESSAGE, "delivered", "", False),
        (Kind.RECALL, "recalled", "", False),
    ],
)
def test_each_kind_has_its_status(kind: Kind, status: str, fault: str, fits: bool) -> None:  # noqa: FBT001 - a column of the table
    # Whoever acts on a header reads the status as a number or a state; one that is neither would stop a mailbox.
    encoded = replace(REQUEST, kind=kind, status=status, fault=fault).to_bytes()
    if fits:
        assert Header.from_bytes(encoded).status == status
    else:
        with pytest.raises(SealInvalid, match="status"):
            Header.from_bytes(encoded)


@pytest.mark.parametrize(
    ("kind", "conversation", "place", "fits"),
    [
        (Kind.MESSAGE, UUID(int=1), {"sequence": 1}, True),
        (Kind.MESSAGE, UUID(int=1), {"sequence": 1, "repeats": UUID(int=2)}, True),
        (Kind.MESSAGE, None, {"repeats": UUID(int=2)}, True),
        (Kind.MESSAGE, None, {"sequence": 1}, False),
        (Kind.REQUEST, UUID(int=1), {"sequence": 1}, False),
        (Kind.RECALL, UUID(int=1), {"sequence": 1}, False),
        (Kind.RECALL, UUID(int=1), {"repeats": UUID(int=2)}, False),
        (Kind.REQUEST, None, {"repeats": UUID(int=2)}, False),
    ],
)
def test_only_messages_have_a_place_or_repeat(
    kind: Kind,
    conversation: UUID | None,
    place: dict[str, Any],
    fits: bool,  # noqa: FBT001 - a column of the table
) -> None:
    encoded = replace(REQUEST, kind=kind, conversation=conversation, **place).to_bytes()
    if fits:
        assert Header.from_bytes(encoded).sequence == place.get("sequence", 0)
    else:
        with pytest.raises(SealInvalid):
            Header.from_bytes(encoded)


def test_64_contents_are_allowed() -> None:
    header = replace(REQUEST, contents=REQUEST.contents * 64)
    assert Header.from_bytes(header.to_bytes()) == header


def test_a_header_over_32_kib_is_refused_unread() -> None:
    with pytest.raises(SealInvalid, match="are allowed"):
        Header.from_bytes(replace(REQUEST, subject="x" * MAX_HEADER).to_bytes())


def test_text_that_has_no_utf8_form_is_not_sealed() -> None:
    with pytest.raises(Exception, match="surrogates"):
        replace(REQUEST, subject="\ud800").to_bytes()


def test_the_bytes_are_those_of_the_protocol() -> None:
    header = Header(
        kind=Kind.RECEIPT,
        id=UUID(int=1),
        sender="VN/A/B",
        receiver="VN/A/C",
        label=Label(Level.SECRET, frozenset({"b", "a"})),
        created=1,
        expires=2,
        conversation=UUID(int=2),
        answers=b"\x01",
        status="delivered",
    )
    assert cbor.decode(header.to_bytes()) == {
        1: 1,
        2: "receipt",
        3: bytes(15) + b"\x01",
        4: "VN/A/B",
        5: "VN/A/C",
        6: [3, ["a", "b"]],
        7: 1,
        8: 2,
        9: bytes(15) + b"\x02",
        17: b"\x01",
        18: "delivered",
    }


def test_every_field_of_the_class_is_on_the_wire() -> None:
    # A field that to_bytes forgot would be shown, acted upon, and sealed by nobody.
    values: dict[str, object] = {
        "kind": Kind.MESSAGE,
        "id": UUID(int=9),
        "label": Label(Level.SECRET),
        "conversation": UUID(int=8),
        "contents": (),
        "created": 7,
        "expires": 7,
        "urgency": 7,
        "answers": b"7",
        "sequence": 7,
        "repeats": UUID(int=7),
    }
    encoded = {
        replace(REQUEST, **{field.name: values.get(field.name, "7")}).to_bytes()  # type: ignore[arg-type]  # each its own type
        for field in fields(Header)
    }
    assert len(encoded | {REQUEST.to_bytes()}) == len(fields(Header)) + 1
