"""No text of an export can act as a formula."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.office.core.exports.neutral import acts, neutral

SIGNS = "=+-@\t\r\n"
FORMS = "\uff1d\uff0b\uff0d\uff20﹦﹢﹣﹫⁺₊⁼₌⁻₋"


@pytest.mark.parametrize("sign", [*SIGNS, *FORMS])
@pytest.mark.parametrize("before", ["", " ", "\u00a0", "\ufeff", "\u200b", "\u3000 "])
def test_what_begins_like_a_formula_is_neutralised(sign: str, before: str) -> None:
    assert neutral(f"{before}{sign}1+1") == f"'{before}{sign}1+1"


@pytest.mark.parametrize("text", ["", "Đảng ủy Phường 1", "1-2", "a=b", "'=1", "(+84)", "…"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert neutral(text) == text


@given(st.text(max_size=20))
def test_no_text_begins_with_a_sign_afterwards(text: str) -> None:
    visible = "".join(c for c in neutral(text) if not (c.isspace() or unicodedata.category(c) in {"Cc", "Cf"}))
    assert unicodedata.normalize("NFKC", visible)[:1] not in {*SIGNS} - {""}


@given(st.text(max_size=20))
def test_nothing_is_lost_and_twice_is_as_good_as_once(text: str) -> None:
    once = neutral(text)
    assert once in {text, f"'{text}"}
    assert neutral(once) == once
    assert not acts(once)
