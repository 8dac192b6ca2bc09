"""The exchange tree of the country: complete, well-formed, and rooted in the centre."""

import re
import unicodedata
from collections import Counter

from lienthong.kernel import cbor
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Level
from lienthong.profiles.base import OrganSpec
from lienthong.profiles.vn import units
from lienthong.profiles.vn.organs import CENTRAL_ORGANS, CENTRE, Bloc, organs_of_country

TOKEN = re.compile(r"[a-z0-9-]{1,32}\Z")


def _by_unit() -> dict[str, OrganSpec]:
    return {organ.unit_code: organ for organ in organs_of_country()}


def test_there_is_one_organ_per_unit() -> None:
    organs = organs_of_country()
    assert len(organs) == 1 + 34 + 3321
    assert [organ.unit_code for organ in organs if organ.parent is None] == ["VN"]
    assert {organ.unit_code for organ in organs} == {unit.code for unit in units.units()}


def test_identifiers_and_tokens_are_unique_and_fit_the_carrier() -> None:
    organs = organs_of_country()
    assert len({organ.id for organ in organs}) == len(organs)
    assert len({organ.token for organ in organs}) == len(organs)
    assert [organ for organ in organs if not TOKEN.match(organ.token) or not TOKEN.match(organ.branch)] == []
    assert [organ for organ in organs if OrganId.parse(str(organ.id)) != organ.id] == []


def test_parts_of_identifiers_are_plain_text() -> None:
    parts = organs_of_country()[1].id.parts
    assert cbor.decode(cbor.encode(list(parts))) == ["VN", "PARTY", "U01"]


def test_parents_stand_before_their_children() -> None:
    seen: set[OrganId] = set()
    for organ in organs_of_country():
        assert organ.parent is None or organ.parent in seen
        seen.add(organ.id)


def test_parents_and_branches_follow_the_units() -> None:
    organs = _by_unit()
    for unit in units.units():
        organ = organs[unit.code]
        if unit.parent is None:
            assert organ.branch == "tw"
            continue
        assert organ.parent == organs[unit.parent].id
        assert organ.branch == (unit.code if unit.tier is units.Tier.PROVINCE else unit.parent)
    assert len({organ.branch for organ in organs.values()}) == 35


def test_ceilings_fall_with_the_tiers() -> None:
    assert Counter(organ.ceiling.level for organ in organs_of_country()) == {
        Level.TOP_SECRET: 1,
        Level.SECRET: 34,
        Level.CONFIDENTIAL: 3321,
    }


def test_names_say_which_committee_it_is() -> None:
    organs = _by_unit()
    assert [organs[code].name for code in ("VN", "01", "04", "00004", "11948")] == [
        "Văn phòng Trung ương Đảng",
        "Thành ủy Hà Nội",
        "Tỉnh ủy Cao Bằng",
        "Đảng ủy phường Ba Đình",
        "Đảng ủy đặc khu Bạch Long Vĩ",
    ]
    assert organs["00004"].plain == "Dang uy phuong Ba Dinh"
    assert [organ for organ in organs.values() if organ.name != unicodedata.normalize("NFC", organ.name)] == []
    assert [organ for organ in organs.values() if not organ.plain.isascii()] == []


def test_every_bloc_has_organs_and_four_are_central_offices() -> None:
    blocs = Counter(organ.bloc for organ in CENTRAL_ORGANS)
    assert set(blocs) == set(Bloc)
    assert blocs[Bloc.CENTRAL_OFFICES] == 4


def test_central_organs_have_identifiers_of_their_own() -> None:
    assert len({organ.id for organ in CENTRAL_ORGANS}) == len(CENTRAL_ORGANS)
    assert str(CENTRE.id) == "VN/PARTY/A01"
    assert not {organ.id for organ in CENTRAL_ORGANS} & {organ.id for organ in organs_of_country() if organ.parent}
