"""The types of documents: 25 and 8, and symbols that do not tell them apart."""

import unicodedata
from collections import Counter

import pytest

from lienthong.profiles.base import DocumentKind
from lienthong.profiles.vn.document_types import DOCUMENT_TYPES, of_symbol


def test_there_are_25_documents_and_8_papers_with_slugs_of_their_own() -> None:
    assert Counter(kind.kind for kind in DOCUMENT_TYPES) == {DocumentKind.DOCUMENT: 25, DocumentKind.PAPER: 8}
    slugs = {kind.slug for kind in DOCUMENT_TYPES}
    assert len(slugs) == 33
    assert all(slug.isascii() and slug.replace("-", "").islower() for slug in slugs)


@pytest.mark.parametrize("symbol", ["QĐ", "Q\u00d0", unicodedata.normalize("NFD", "QĐ")])
def test_a_symbol_may_stand_for_several_types(symbol: str) -> None:
    assert [kind.names.vi for kind in of_symbol(symbol)] == ["Quyết định", "Quy định"]


def test_a_symbol_of_one_type_and_of_none() -> None:
    assert [kind.slug for kind in of_symbol("QC")] == ["quy-che"]
    assert of_symbol("XYZ") == ()
