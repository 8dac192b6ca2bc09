"""Names of files: whatever is given, what is kept is one name and deceives nobody."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.office.documents.names import safe_name, same_to_the_eye


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("Kế hoạch.pdf", "Kế hoạch.pdf"),
        (unicodedata.normalize("NFD", "Kế hoạch.pdf"), "Kế hoạch.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.pdf", "a.pdf"),
        ("a\x00b\r\n.pdf", "ab.pdf"),
        # Turned around, the end would look like ".pdf".
        ("a\u202efdp.exe", "afdp.exe"),
        ("CON.pdf", "_CON.pdf"),
        ("nul", "_nul"),
        ("...", "tep"),
        ("", "tep"),
        (".pdf", "pdf"),
        ('a<b>"c|?*.pdf', "a_b__c___.pdf"),
        ("x" * 500 + ".pdf", "x" * 236 + ".pdf"),
    ],
)
def test_a_name_is_kept_as(given_: str, kept: str) -> None:
    assert safe_name(given_) == kept


@given(st.text(max_size=400))
def test_a_kept_name_is_safe_and_stays_the_same(text: str) -> None:
    name = safe_name(text)
    assert name
    assert name == safe_name(name)
    assert len(name.encode()) <= 255
    assert not set(name) & set('/\\:*?"<>|')
    assert all(unicodedata.category(sign)[0] != "C" for sign in name)
    assert name == name.strip(". ")
    assert unicodedata.is_normalized("NFC", name)


def test_names_that_look_the_same_are_told() -> None:
    assert same_to_the_eye("Bao cao.pdf", "Bao c\u0430o.pdf")
    assert same_to_the_eye("A.PDF", "a.pdf")
    assert same_to_the_eye("a.pdf", "\uff41.pdf")
    assert not same_to_the_eye("a1.pdf", "a2.pdf")
