"""What is in a PDF is found wherever it lies."""

import pytest

from lienthong.signatures.report import Problem
from lienthong.signatures.surveying import survey
from tests.support.hostile_pdfs import (
    HOSTILE,
    PAGE,
    form,
    script_in_disguise,
    scripted,
    stream,
    with_file,
    written,
)
from tests.support.pdfs import Chain, pdf, signed


def test_an_ordinary_file_has_pages_and_nothing_else() -> None:
    facts = survey(pdf(7))
    assert (facts.pages, facts.signatures, facts.readable, facts.complete) == (7, 0, True, True)
    assert (facts.encrypted, facts.javascript, facts.embedded_files) == (False, False, False)


def test_signatures_are_counted() -> None:
    chain = Chain.make()
    assert survey(signed(signed(pdf(), chain.leaf), chain.leaf, name="Signature2")).signatures == 2


@pytest.mark.parametrize(
    "data",
    [
        scripted(),
        script_in_disguise(),
        form(b"[4 0 R]", b"<</T(a)/FT/Tx/AA<</K<</S/JavaScript/JS 5 0 R>>>>>>", stream(b"", b"x")),
        written([b"<</Type/Catalog/Pages 2 0 R/Names<</JavaScript<</Names[(a)<</JS(x)>>]>>>>>>", *PAGE]),
        written([b"<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA 4 0 R>>>>", *PAGE, stream(b"", b"<xdp/>")]),
    ],
)
def test_a_script_is_found(data: bytes) -> None:
    facts = survey(data)
    assert (facts.problem, facts.javascript, facts.embedded_files) == (Problem.NONE, True, False)


@pytest.mark.parametrize(
    "data",
    [
        with_file(),
        written(
            [
                b"<</Type/Catalog/Pages 2 0 R>>",
                PAGE[0],
                b"<</Type/Page/Parent 2 0 R/Annots[<</Subtype/FileAttachment/FS<</EF<</F 4 0 R>>>>>>]>>",
                stream(b"", b"MZ"),
            ]
        ),
    ],
)
def test_a_file_inside_the_file_is_found(data: bytes) -> None:
    facts = survey(data)
    assert (facts.problem, facts.embedded_files, facts.javascript) == (Problem.NONE, True, False)


def test_circles_are_gone_through_once() -> None:
    assert survey(HOSTILE["pages in a circle"]).pages == 0
    shared = written([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>", PAGE[1]])
    assert survey(shared).pages == 1


def test_an_object_that_cannot_be_read_leaves_the_answer_open() -> None:
    broken = written([b"<</Type/Catalog/Pages 2 0 R/X 4 0 R>>", *PAGE, b"<</A"])
    facts = survey(broken)
    assert (facts.pages, facts.complete) == (1, False)
