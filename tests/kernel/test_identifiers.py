"""Identifiers: what goes in comes out, and what could be read two ways does not go in."""

import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.identifiers import (
    MAX_PART,
    OrganId,
    ServiceId,
    SubsystemId,
    checked,
    join,
    parse_client,
    part_of,
    split,
)

PRINTING = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
PARTS = st.text(PRINTING, min_size=1, max_size=40).filter(lambda part: part not in {".", ".."})
type Kind = type[OrganId | SubsystemId | ServiceId]
KINDS: list[tuple[Kind, int]] = [(OrganId, 3), (SubsystemId, 4), (ServiceId, 5)]


@given(parts=st.lists(PARTS, min_size=3, max_size=5))
def test_any_printing_text_comes_back(parts: list[str]) -> None:
    kind = KINDS[len(parts) - 3][0]
    identifier = kind(*parts)
    text = str(identifier)
    assert text.count("/") == len(parts) - 1
    assert text.isascii()
    assert kind.parse(text) == identifier
    assert kind.parse(text).parts == tuple(parts)


@given(part=PARTS)
def test_writing_is_canonical(part: str) -> None:
    # Whoever compares texts compares identifiers: what was read is written in one way.
    assert join((part_of(join((part,))),)) == join((part,))


@pytest.mark.parametrize("text", ["vn%2fx/A/B", "VN/a%2Fb/c", "%56N/A/B"])
def test_other_spellings_are_written_in_the_one_way(text: str) -> None:
    written = str(OrganId.parse(text))
    assert str(OrganId.parse(written)) == written
    assert written in {"vn%2Fx/A/B", "VN/a%2Fb/c", "VN/A/B"}


def test_a_slash_in_a_part_is_no_separator() -> None:
    assert OrganId.parse("VN/A%2FB/C").parts == ("VN", "A/B", "C")
    with pytest.raises(IdentifierInvalid, match="has not 3 parts"):
        OrganId.parse("VN/A/B/C")


@pytest.mark.parametrize(
    "part",
    ["\x00", "a\x1f", "\x7f", "\x85", "a\u200bb", "\u200e", "\u202e", "\ufeff", "\u2028", "\u2029", "\ue000", "\u0378"],
    ids=lambda part: "-".join(f"{ord(character):04x}" for character in part),
)
def test_what_does_not_print_is_refused(part: str) -> None:
    for form in (join((part,)), part):
        with pytest.raises(IdentifierInvalid, match="does not print"):
            part_of(form)


@given(character=st.characters(categories=["Cc", "Cf", "Co", "Cn", "Zl", "Zp"]), around=PARTS)
def test_every_character_that_does_not_print_is_refused(character: str, around: str) -> None:
    assert unicodedata.category(character) != "Lu"
    with pytest.raises(IdentifierInvalid):
        checked(around[:20] + character + around[20:])


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "%ED%A0%80", "%FF", "%C3", "%C0%AF", "a%80"])
def test_what_is_not_utf8_is_refused(text: str) -> None:
    with pytest.raises(IdentifierInvalid, match="not UTF-8"):
        part_of(text)


@pytest.mark.parametrize("text", ["%", "a%", "%4", "%4g", "%g4", "%%41", "% 41", "%+1", "%\uff141"])
def test_a_broken_escape_is_refused(text: str) -> None:
    with pytest.raises(IdentifierInvalid, match="broken percent escape"):
        part_of(text)


@pytest.mark.parametrize("text", [".", "..", "%2e", "%2E%2e", ".%2E"])
def test_parts_of_dots_are_refused(text: str) -> None:
    with pytest.raises(IdentifierInvalid, match="as a whole part"):
        part_of(text)


@pytest.mark.parametrize("text", ["...", ".a", "a..", "a.b"])
def test_dots_within_a_part_are_allowed(text: str) -> None:
    assert part_of(text) == text


@pytest.mark.parametrize(("length", "fits"), [(0, False), (1, True), (MAX_PART, True), (MAX_PART + 1, False)])
def test_a_part_has_1_to_255_characters(length: int, fits: bool) -> None:  # noqa: FBT001 - a column of the table
    if fits:
        assert len(part_of("ở" * length)) == length
    else:
        with pytest.raises(IdentifierInvalid, match=f"{length} characters"):
            part_of("ở" * length)


@pytest.mark.parametrize("text", ["", "VN", "VN/A", "VN/A/", "/VN/A", "VN//A", "VN/A/B/C/D", "VN/A/B/"])
def test_another_number_of_parts_is_no_organ(text: str) -> None:
    with pytest.raises(IdentifierInvalid):
        OrganId.parse(text)


@pytest.mark.parametrize(("kind", "count"), KINDS)
@pytest.mark.parametrize("by", [-1, 1])
def test_each_kind_has_its_number_of_parts(kind: Kind, count: int, by: int) -> None:
    with pytest.raises(IdentifierInvalid, match=f"has not {count} parts"):
        kind.parse("/".join(["X"] * (count + by)))


def test_everything_belongs_to_its_organ() -> None:
    service = ServiceId.parse("VN/PARTY/A01/hso/lookup")
    organ = OrganId("VN", "PARTY", "A01")
    assert service.organ == organ
    assert service.provider == SubsystemId.parse("VN/PARTY/A01/hso")
    assert service.provider.organ == organ
    assert organ.organ is organ
    assert service.provider.parts == ("VN", "PARTY", "A01", "hso")
    assert service.parts[-1] == "lookup"


def test_a_client_is_an_organ_or_one_of_its_systems() -> None:
    assert parse_client("VN/PARTY/A01") == OrganId("VN", "PARTY", "A01")
    assert parse_client("VN/PARTY/A01/hso") == SubsystemId("VN", "PARTY", "A01", "hso")
    for wrong in ("VN/PARTY", "VN/PARTY/A01/hso/lookup", ""):
        with pytest.raises(IdentifierInvalid):
            parse_client(wrong)


def test_a_very_long_text_is_refused_with_a_short_message() -> None:
    with pytest.raises(IdentifierInvalid) as caught:
        split("A/" * 1_000_000, 3)
    assert len(str(caught.value)) < 500


def test_long_names_of_strangers_stay_nowhere_in_memory() -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(200):
            name = "/".join(["VN", "%C4%90" * 200, "%C4%90" * 200, f"{number}" + "%C4%90" * 200])
            assert str(parse_client(name)) == name
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000
