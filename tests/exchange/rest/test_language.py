"""Which language a reader gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.rest.language import preferred
from lienthong.kernel.i18n import LANGUAGES


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"),
        ("vi", "vi"),
        ("vi-VN, en;q=0.5", "vi"),
        ("fr, de;q=0.3, vi;q=0.8", "vi"),
        ("DE", "de"),
        ("de;q=0", "en"),
        ("de;q=2", "en"),
        ("de;q=nan", "en"),
        ("de;q=x", "en"),
        ("de;x=1", "en"),
        ("*", "en"),
        (",".join(["fr"] * 20 + ["de"]), "en"),
    ],
)
def test_the_best_liked_of_ours_is_chosen(accept: str, language: str) -> None:
    assert preferred(accept) == language


@given(st.text())
def test_any_header_gives_one_of_ours(accept: str) -> None:
    assert preferred(accept) in LANGUAGES
