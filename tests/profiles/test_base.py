"""Profiles are found by name, and only those that exist."""

import pytest

from lienthong import profiles
from lienthong.kernel.labels import Level
from lienthong.profiles.base import Archives, Language, Names


def test_the_profile_of_vietnam_has_every_table() -> None:
    vn = profiles.load("vn")
    assert vn.name == "vn"
    assert set(vn.labels) == set(Level)
    assert len(vn.urgencies) == 5
    assert len(vn.document_types) == 33
    assert len(vn.organs()) == 3356


def test_terms_of_retention_lie_within_their_bounds() -> None:
    for archives in (profiles.load("vn").archives, Archives()):
        assert 0 < archives.least <= min(archives.usual) <= max(archives.usual) <= archives.most
        assert archives.submit_years > 0


@pytest.mark.parametrize("name", ["", "xx", "base", "vn.units", "../vn"])
def test_an_unknown_profile_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(profiles.ProfileUnknown, match="Known profiles: vn"):
        profiles.load(name)


def test_a_name_is_given_in_each_language() -> None:
    names = Names(vi="một", en="one", de="eins")
    assert [names.of(language) for language in Language] == ["một", "one", "eins"]
