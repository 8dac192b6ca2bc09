"""The words a document is found by: with and without diacritics, and its number however it is written.

Every word in the index bears its organ: ``17/nghi``. A search looks only among the words of its reader's organ, so what
others have neither costs it time nor shows in the time it takes (ADR 0081). PostgreSQL's own parser is not asked: it
takes ``384-QĐ/TW`` for a file's path, and what is a letter depends on the server.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final, TypedDict

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Lookup, Q, Value
from django.db.models.functions import Cast
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core.text import end_of, search_key, tidy
from lienthong.office.documents.models import Document

_SEPARATORS: Final = re.compile(r"[\s./\\_–—-]+")
_ZEROS: Final = re.compile(r"^0+(?=\d)")
LENGTH: Final = 80
# Letters and digits with the marks that compose with none of them.
_WORD: Final = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")
_WORD_LENGTH: Final = 60
_QUOTES: Final = str.maketrans("“”„«»", '"' * 5)
_LOOKALIKES: Final = str.maketrans("ð", "đ")
MOST_WORDS: Final = 12
"""How many words of a search count."""
# Between the parts of a document: a phrase does not go on from the subject into the author.
_GAP: Final = 8
# The highest place that a tsvector has (PostgreSQL's manual, 12.11).
_LAST_PLACE: Final = 16_383
# The same: what the words of a tsvector take is under a megabyte, each with its places.
_MOST_BYTES: Final = 1_000_000
_EACH: Final = 8
# This one and those before it.
_MONTHS: Final = 3


@dataclass(frozen=True, slots=True)
class Word:
    """A word in lower case: without diacritics, and as it was written."""

    plain: str
    written: str


class Wanted(TypedDict, total=False):
    """What is looked for among an organ's documents; the names of the values of ``fits`` and of a query's gaps."""

    # As PostgreSQL's text search has it. Fits with or without diacritics, the last word by its beginning.
    query: str
    # The same with the diacritics that were given, where any were.
    exact: str
    # The whole as the key of a number, if it can be one, and the key before which those that begin so end.
    number: str
    number_end: str
    # The range of those that go on with another part: 384-QĐ/TW for 384, but not 3840-QĐ/TW.
    part: str
    part_end: str


def number_key(number: str) -> str:
    """Return a number and notation as it is compared: ``384-QĐ/TW``, ``384 qđ-tw`` and ``0384/QD/TW`` are one."""
    parts = _SEPARATORS.split(search_key(number).strip(" -/.")) if number else []
    return "-".join(_ZEROS.sub("", part) for part in parts if part)[:LENGTH]


def words_in(text: str) -> Iterator[Word]:
    """Yield the words of a text in their order."""
    for found in _WORD.findall(tidy(text).casefold()):
        if (word := _word(found)).plain:
            yield word


@lru_cache(maxsize=16_384)
def _word(found: str) -> Word:
    written = _ZEROS.sub("", found.translate(_LOOKALIKES))[:_WORD_LENGTH]
    return Word(search_key(written), written)


def vector(organ_id: int, texts: Sequence[str], day: date) -> str:
    """Return the words of texts, and the month, as a tsvector in PostgreSQL's notation; the first of very many.

    Args:
        organ_id: whose document it is.
        texts: its parts; a phrase lies in one of them.
        day: since when it is there.
    """
    place, found = 1, [_month(organ_id, day)]
    left = _MOST_BYTES
    for text in texts:
        for word in words_in(text):
            terms = {word.plain, word.written}
            left -= sum(len(f"{organ_id}/{term}".encode()) + _EACH for term in terms)
            if place > _LAST_PLACE or left < 0:
                break
            found += [f"'{organ_id}/{term}':{place}" for term in sorted(terms)]
            place += 1
        place += _GAP
    return " ".join(found)


def texts_of(document: Document) -> tuple[str, ...]:
    """Return what a document is found by."""
    return document.subject, document.author, document.signer, document.number


def words_of(document: Document) -> Cast | None:
    """Return the expression for a document's column ``words``.

    From confidential up there is none: the index holds no word of what is labelled.
    """
    if document.label >= Level.CONFIDENTIAL:
        return None
    # What is being made now has no moment yet.
    day = localdate(document.created_at) if document.pk else localdate()
    return Cast(Value(vector(document.organ_id, texts_of(document), day)), SearchVectorField())


def wanted(organ_id: int, text: str, kept: Sequence[int] = ()) -> Wanted:
    """Read what somebody looks for.

    What stands in quotes is a phrase, with the diacritics that were given. The last word may be its beginning only.
    Whatever the text, the queries are valid; of too many words the first ``MOST_WORDS`` count.

    Args:
        organ_id: among whose documents.
        text: as it was typed.
        kept: among those of these organs, too.
    """
    found: Wanted = {}
    pairs = [_queries(each, text) for each in (organ_id, *kept)]
    query, given = (_either([pair[place] for pair in pairs]) for place in (0, 1))
    if query:
        found["query"] = query
    if given != query:
        found["exact"] = given
    key = number_key(text)
    if any(map(str.isdigit, key)):
        # "." follows "-" in ASCII.
        found |= {"number": key, "number_end": end_of(key), "part": f"{key}-", "part_end": f"{key}."}
    return found


def _either(queries: Sequence[str]) -> str:
    """Return the query of what fits one of several, of which all or none are empty."""
    return queries[0] if len(queries) == 1 or not queries[0] else " | ".join(f"({query})" for query in queries)


def _queries(organ_id: int, text: str) -> tuple[str, str]:
    """Return the queries among the words of one organ: with or without diacritics, and with those that were given."""
    plain: list[str] = []
    exact: list[str] = []
    left = MOST_WORDS
    pieces = tidy(text).translate(_QUOTES).split('"')
    for place, piece in enumerate(pieces):
        words = list(words_in(piece))[:left]
        left -= len(words)
        if not words:
            continue
        if place % 2:
            phrase = " <-> ".join(_term(organ_id, word.written) for word in words)
            plain.append(f"({phrase})")
            exact.append(f"({phrase})")
            continue
        last = place == len(pieces) - 1
        plain += [_term(organ_id, word.plain) for word in words]
        exact += [_term(organ_id, word.written) for word in words]
        if last:
            plain[-1] += ":*"
            exact[-1] += ":*"
    return " & ".join(plain), " & ".join(exact)


def lately(organ_id: int, query: str, today: date, kept: Sequence[int] = ()) -> str:
    """Return a query of the documents among those of a few months only.

    A word that nearly every document has is then looked for among those that are shown first anyway.
    """
    days = [today]
    while len(days) < _MONTHS:
        days.append(days[-1].replace(day=1) - timedelta(days=1))
    months = (_month(each, day) for each in (organ_id, *kept) for day in days)
    return f"({' | '.join(months)}) & ({query})"


def _month(organ_id: int, day: date) -> str:
    # No word begins so.
    return f"'{organ_id}/~{day:%Y-%m}'"


def _term(organ_id: int, word: str) -> str:
    return f"'{organ_id}/{word}'"


def fits(**found: Any) -> Q:  # noqa: ANN401 - the values of ``Wanted``, or gaps in their place
    """Return the predicate of documents that fit: by their words, or by their number, labelled ones too.

    Numbers are a range, as an index serves it under row-level security.
    """
    fitting = Q(words__matches=found["query"]) if "query" in found else Q(pk__in=())
    if "number" in found:
        fitting |= Q(number_key__gte=found["number"], number_key__lt=found["number_end"])
    return fitting


@SearchVectorField.register_lookup
class Matches(Lookup):
    """``words__matches="'17/nghi' & '17/quyet':*"``: the query in PostgreSQL's own notation, no parser between."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:  # noqa: ANN401 - as Django has it
        """Return the comparison."""
        left, left_parameters = self.process_lhs(compiler, connection)
        right, right_parameters = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}::tsquery", (*left_parameters, *right_parameters)
