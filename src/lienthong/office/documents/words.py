"""The words a document is found by: with and without diacritics, and its number however it is written."""

import re
from typing import Final

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from django.db.models.expressions import Combinable

from lienthong.kernel.labels import Level
from lienthong.office.core.text import search_key, tidy
from lienthong.office.documents.models import Document

_SEPARATORS: Final = re.compile(r"[\s./\\_–—-]+")
_ZEROS: Final = re.compile(r"^0+(?=\d)")
LENGTH: Final = 80


def number_key(number: str) -> str:
    """Return a number and notation as it is compared: ``384-QĐ/TW``, ``384 qđ-tw`` and ``0384/QD/TW`` are one."""
    parts = _SEPARATORS.split(search_key(number).strip(" -/.")) if number else []
    return "-".join(_ZEROS.sub("", part) for part in parts if part)[:LENGTH]


def words_of(document: Document) -> Combinable | None:
    """Return the expression for a document's column ``words``.

    From confidential up there is none: the index holds no word of what is labelled.
    """
    if document.label >= Level.CONFIDENTIAL:
        return None
    text = " ".join(filter(None, (document.subject, document.author, document.signer)))
    exact = SearchVector(Value(tidy(text).lower()), config="simple", weight="A")
    plain = SearchVector(Value(search_key(text)), config="simple", weight="B")
    number = SearchVector(Value(document.number_key), config="simple", weight="A")
    return exact + plain + number
