"""Keys for order and search."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from lienthong.office.core.text import person_sort_key, search_key, sort_key, tidy


def test_names_sort_as_in_a_vietnamese_dictionary() -> None:
    ordered = ["An", "Ân", "Bà", "Bá", "Bạ", "Cao", "Dung", "Đa", "Đà", "Em", "Êm", "Oanh", "Ổn", "Ơn", "Tu", "Tư", "Y"]
    by_bytes = sorted(ordered)
    assert by_bytes != ordered
    assert sorted(by_bytes, key=sort_key) == ordered


def test_tones_decide_only_between_equal_letters() -> None:
    assert sorted(["Bán Đảo", "Ban Mai", "Bản Đồ"], key=sort_key) == ["Bán Đảo", "Bản Đồ", "Ban Mai"]


def test_numbers_sort_by_value() -> None:
    assert sorted(["Phường 10", "Phường 2", "Phường 1"], key=sort_key) == ["Phường 1", "Phường 2", "Phường 10"]


def test_persons_sort_by_given_name() -> None:
    names = ["Người Dùng B", "Quản Trị A", "Cán Bộ B"]
    assert sorted(names, key=person_sort_key) == ["Quản Trị A", "Cán Bộ B", "Người Dùng B"]


def test_search_knows_no_diacritics() -> None:
    assert search_key("  Đảng ủy  Phường Ngọc Hà ") == "dang uy phuong ngoc ha"


@given(st.text(max_size=60))
def test_both_unicode_forms_have_the_same_keys(text: str) -> None:
    composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert sort_key(composed) == sort_key(apart)
    assert search_key(composed) == search_key(apart)


@given(st.text(max_size=60))
def test_keys_are_ascii_and_tidy_is_stable(text: str) -> None:
    assert sort_key(text).isascii()
    assert tidy(tidy(text)) == tidy(text)
