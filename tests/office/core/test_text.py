"""Names sort as a Vietnamese dictionary has them and are found however they are typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.office.core.text import person_sort_key, search_key, sort_key, tidy

# In a dictionary's order: letters decide first (a, ă, â and d, đ are different ones), tones only between equal ones.
DICTIONARY = [
    "2", "10", "a", "à", "ả", "ã", "á", "ạ", "an", "án", "an ninh", "anh", "ăn", "ân", "ba", "bà", "bả", "bã", "bá",
    "bạ", "bà con", "ban", "bàn", "bản", "bán", "bạn", "ban bí thư", "băng", "bân", "ca", "dân", "đa", "đá", "e",
    "ê", "la", "lang", "lạng", "nga", "nghe", "o", "ô", "ơ", "phương", "phường", "phường 2", "phường 10",
    "phường an", "tam", "tám", "tăm", "tâm", "tấm", "tha", "tư", "tự", "ty", "xa", "xã", "y", "ỷ",
]  # fmt: skip
ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONES = "\u0300\u0309\u0303\u0301\u0323"
NAMES = st.text(st.sampled_from("aăâbdđeêioôơuưyngtpầấậẩẫởợỷ 019.-Ð漢"), max_size=30)


def test_a_dictionarys_order() -> None:
    by_bytes = sorted(DICTIONARY)
    assert sorted(by_bytes, key=sort_key) == DICTIONARY
    assert sorted((word.upper() for word in DICTIONARY), key=sort_key) == [word.upper() for word in DICTIONARY]


def dictionary_key(text: str) -> tuple[list[list[int]], list[int]]:
    """The same order from its definition: per word the letters' places (numbers before all letters), then the tones."""
    letters: list[list[int]] = []
    tones: list[int] = []
    for word in text.split(" "):
        if word.isascii() and word.isdigit():
            letters.append([-1, int(word)])
            tones.append(0)
            continue
        places, tone = [], 0
        for character in word:
            apart = unicodedata.normalize("NFD", character)
            marks = [c for c in apart if c in TONES]
            tone = 1 + TONES.index(marks[0]) if marks else tone
            places.append(ALPHABET.index(unicodedata.normalize("NFC", "".join(c for c in apart if c not in marks))))
        letters.append(places)
        tones.append(tone)
    return letters, tones


VIETNAMESE = st.lists(
    st.text(st.sampled_from("aàảãáạăằẳẵắặâầẩẫấậbdđeẻêểghioôơởnuưữứxyỹ"), min_size=1, max_size=5)
    | st.integers(0, 10**14).map(str),
    min_size=1,
    max_size=4,
).map(" ".join)


@given(VIETNAMESE, VIETNAMESE)
def test_any_two_names_sort_as_the_definition_says(one: str, other: str) -> None:
    assert (sort_key(one) < sort_key(other)) == (dictionary_key(one) < dictionary_key(other))


@given(st.text(max_size=200))
def test_keys_fit_their_columns_and_sort_by_bytes(name: str) -> None:
    for key in (sort_key(name), person_sort_key(name)):
        assert key.isascii()
        assert len(key) <= 1000
        assert "\0" not in key
    assert len(search_key(name)) <= 1000


@pytest.mark.parametrize("name", ["漢" * 200, "1 " * 100, "9" * 200, "ΐ" * 200, "\u0660\u0661"])
def test_keys_of_names_meant_to_burst_them(name: str) -> None:
    assert sort_key(name).isascii()
    assert max(len(sort_key(name)), len(search_key(name))) <= 1000


@given(st.text())
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert unicodedata.is_normalized("NFC", tidy(text))


@given(NAMES)
def test_composed_and_decomposed_names_are_one(name: str) -> None:
    apart = unicodedata.normalize("NFD", name)
    assert tidy(apart) == tidy(name)
    assert (sort_key(apart), search_key(apart)) == (sort_key(name), search_key(name))


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("  Xã\u00a0 Ba\tVì\n", "Xã Ba Vì"),
        ("Ba\u200b Vì\u202e", "Ba Vì"),
        ("e\u200b\u0301", "é"),
        ("\ud800x\0", "x"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_not_stored(dirty: str, clean: str) -> None:
    assert tidy(dirty) == clean


@pytest.mark.parametrize("typed", ["Đà Nẵng", "da nang", "ĐÀ NẴNG", "đà  nẵng ", "Ðà Nẵng", "Đa\u0300 Nẵng"])
def test_found_with_and_without_marks(typed: str) -> None:
    assert search_key(typed) == "da nang"


def test_the_foreign_letter_that_looks_like_it_sorts_like_it() -> None:
    assert sort_key("Ðông") == sort_key("Đông")


def test_tones_decide_only_between_equal_letters() -> None:
    assert sorted(["Bán Đảo", "Ban Mai", "Bản Đồ"], key=sort_key) == ["Bán Đảo", "Bản Đồ", "Ban Mai"]


def test_persons_sort_by_given_name() -> None:
    names = ["Người dùng Ánh", "Người dùng An", "Cán bộ Bình", "Cán bộ An"]
    assert sorted(names, key=person_sort_key) == ["Cán bộ An", "Người dùng An", "Người dùng Ánh", "Cán bộ Bình"]
