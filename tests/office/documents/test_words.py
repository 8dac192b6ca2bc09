"""What documents are found by: whatever is written or looked for, PostgreSQL gets a valid vector and a valid query."""

import unicodedata
from datetime import date

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lienthong.office.documents.words import MOST_WORDS, lately, number_key, vector, wanted, words_in

TEXT = st.text(max_size=120) | st.lists(
    st.sampled_from(["Nghị", "quyết", "nghi", "0384", "384-QĐ/TW", '"', "'", "\\", ":*", "&", "(", "<->", "Đ", "ð"]),
    max_size=15,
).map(" ".join)  # fmt: skip
DAY = date(2026, 1, 31)


def matches(texts: list[str], text: str, *, exact: bool = False) -> bool:
    """Ask PostgreSQL whether a document of organ 17 with these texts is found by a text."""
    found = wanted(17, text)
    with connection.cursor() as cursor:
        query = found.get("exact", found.get("query", "")) if exact else found.get("query", "")
        cursor.execute("SELECT %s::tsvector @@ %s::tsquery", [vector(17, texts, DAY), query])
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(TEXT, max_size=4), TEXT)
@example(["a" * 5000], "a" * 5000)
@example(["\x00"], "\x00'")
@example(["İ ß ŉ"], '"İ ß" ŉ')
def test_any_text_makes_a_valid_vector_and_query(texts: list[str], text: str) -> None:
    assert matches(texts, text) in {True, False}


@pytest.mark.django_db
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(TEXT, max_size=4), st.data())
def test_a_text_is_found_by_any_of_its_words_with_and_without_diacritics(texts: list[str], data: st.DataObject) -> None:
    words = [word for text in texts for word in words_in(text)]
    if not words:
        return
    word = data.draw(st.sampled_from(words))
    assert matches(texts, word.plain)
    assert matches(texts, word.written)
    assert matches(texts, word.written, exact=True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nghi quyet", True),
        ("NGHỊ QUYẾT", True),
        (unicodedata.normalize("NFD", "nghị quyết"), True),
        ("quyet nghi", True),
        ("chuyen doi s", True),
        ("chuyen do so", False),
        ("nghi quyet 384", True),
        ("0384", True),
        ("384-QĐ/TW chuyển đổi", True),
        ("384-QĐ/TW nông thôn", False),
        ('"chuyển đổi số"', True),
        ('"chuyen doi so"', True),
        ('"đôi chuyên"', False),
        ('"đổi chuyển"', False),
        ("“chuyển đổi”", True),
        ('"chuyển đổi', True),
        # A phrase does not go on from the subject into the author.
        ('"quyết văn phòng"', False),
        ("quyết văn phòng", True),
        ("van phong", True),
    ],
)
def test_documents_are_found_by(text: str, found: bool) -> None:  # noqa: FBT001 - a column
    texts = ["Chuyển đổi số theo Nghị quyết", "Văn phòng Trung ương", "", "384-QĐ/TW"]
    assert matches(texts, text) is found


def test_words_written_with_diacritics_are_told_apart_from_others() -> None:
    assert wanted(17, "nghị") == {"query": "'17/nghi':*", "exact": "'17/nghị':*"}
    assert wanted(17, "nghi") == {"query": "'17/nghi':*"}
    assert wanted(17, "!?") == {}


def test_every_word_bears_its_organ() -> None:
    assert (
        vector(17, ["Nghị quyết 05"], DAY) == "'17/~2026-01' '17/nghi':1 '17/nghị':1 '17/quyet':2 '17/quyết':2 '17/5':3"
    )


def test_the_last_months_are_those_before_today() -> None:
    months = "'17/~2026-03' | '17/~2026-02' | '17/~2026-01'"
    assert lately(17, "'17/a' & '17/b':*", date(2026, 3, 31)) == f"({months}) & ('17/a' & '17/b':*)"
    assert "'17/~2025-12'" in lately(17, "'17/a'", DAY)


def test_only_so_many_words_count() -> None:
    assert wanted(17, " ".join(f"a{number}" for number in range(50)))["query"].count("'17/") == MOST_WORDS
    assert wanted(17, '"b" ' * 50)["query"].count("'17/") == MOST_WORDS


@pytest.mark.parametrize("text", ["384-QĐ/TW", "384 qđ-tw", "0384/QD/TW", " 384–QĐ / TW.", "384_qd_tw"])
def test_a_number_is_the_same_however_it_is_written(text: str) -> None:
    assert number_key(text) == "384-qd-tw"
    assert wanted(17, text)["number"] == "384-qd-tw"


@given(TEXT)
def test_the_key_of_a_number_is_its_own_key(text: str) -> None:
    key = number_key(text)
    assert number_key(key) == key
    assert len(key) <= 80
