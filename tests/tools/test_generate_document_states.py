"""The life of a document in the docs is the one in the code."""

import pytest

from tools.generate_document_states import BEGIN, END, PAGE, diagram, written


def test_the_page_shows_the_present_life() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert written(text) == text, "run make docs"


def test_every_step_of_the_main_way_is_drawn() -> None:
    drawn = diagram()
    for line in (
        "draft --> submitted: submit", "approved --> signed: sign", "signed --> issued: issue",
        "arrived --> registered: accept (03)", "arrived --> refused: refuse (02)",
        "assigned --> processing: start (05)",
    ):  # fmt: skip
        assert f"  {line}\n" in drawn


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the marks"):
        written("# Documents\n")
    assert written(f"a{BEGIN}old{END}b").startswith(f"a{BEGIN}\n")
