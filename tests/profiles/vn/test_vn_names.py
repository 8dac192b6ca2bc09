"""Every table of the profile is complete and distinct in three languages."""

import unicodedata
from collections import Counter

import pytest

from lienthong.profiles.base import Language
from lienthong.profiles.vn.document_types import DOCUMENT_TYPES
from lienthong.profiles.vn.labels import LABELS
from lienthong.profiles.vn.organs import BLOC_NAMES, CENTRAL_ORGANS
from lienthong.profiles.vn.units import TYPE_NAMES
from lienthong.profiles.vn.urgency import URGENCIES

TABLES = {
    "labels": [term.names for term in LABELS.values()],
    "urgencies": [urgency.names for urgency in URGENCIES],
    "document types": [kind.names for kind in DOCUMENT_TYPES],
    "blocs": list(BLOC_NAMES.values()),
    "central organs": [organ.names for organ in CENTRAL_ORGANS],
    "unit types": list(TYPE_NAMES.values()),
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("language", Language)
def test_every_table_is_complete_and_distinct_in_every_language(table: str, language: Language) -> None:
    texts = [names.of(language) for names in TABLES[table]]
    assert texts
    assert all(text and text == unicodedata.normalize("NFC", text.strip()) for text in texts)
    assert [text for text, count in Counter(texts).items() if count > 1] == []
