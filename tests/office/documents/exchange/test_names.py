"""Names of files: whatever comes in, what goes out is one name in one folder, readable as it stands."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.office.documents.exchange import names


@given(st.text(max_size=400))
def test_a_sound_name_is_sound_and_stays_so(name: str) -> None:
    made = names.sound(name)
    assert names.is_sound(made)
    assert names.sound(made) == made
    assert 0 < len(made.encode()) <= names.MAX_NAME
    assert not set(made) & set('/\\:*?"<>|\0\n\r')
    assert made not in {".", ".."}
    assert all(not unicodedata.category(c).startswith("C") for c in made)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Kế hoạch.pdf", "Kế hoạch.pdf"),
        (unicodedata.normalize("NFD", "Kế hoạch.pdf"), "Kế hoạch.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "file"),
        ("", "file"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("ế" * 200 + ".pdf", "ế" * 83 + ".pdf"),
    ],
)
def test_examples(name: str, made: str) -> None:
    assert names.sound(name) == made


def test_names_that_look_alike_are_one() -> None:
    assert len({names.key(name) for name in ("A.pdf", "a.PDF", "\uff41.pdf", "a.pdf")}) == 1
