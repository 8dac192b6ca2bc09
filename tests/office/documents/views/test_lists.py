"""Registers: what a clerk takes out to print, and who takes it out is told."""

import subprocess
from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.lists.actions import ListEvent
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.actions.receiving import accept
from tests.office.documents.views.test_deeds import browser

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def _printed(bureau: "Bureau", key: str, register: str, query: str = "") -> str:
    """Return the text of a register as somebody prints it."""
    answer = browser(bureau, key).get(f"/documents/{register}/?export=pdf{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "no-store"
    content = answer.getvalue()
    command = ["pdftotext", "-layout", "-", "-"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode()


@pytest.fixture
def registered(bureau: "Bureau") -> "Bureau":
    """An open document and a secret one in the registers."""
    for label, subject in ((Level.INTERNAL, "Mở đại hội"), (Level.SECRET, "Kín đáo")):
        document = bureau.arrived(label=label, subject=subject)
        accept(actor=bureau.actor("clerk"), document=document)
    return bureau


def test_a_register_is_printed_with_what_stands_around_it(registered: "Bureau") -> None:
    text = _printed(registered, "clerk", "incoming", "&entered_from=2020-01-01&state=registered")
    actor = registered.actor("clerk")
    for wanted in (actor.organ, actor.name, "Incoming", "Mở đại hội", "Entered from", "Stands at: registered"):
        assert wanted in text
    assert "Page 1 of 1" in text
    assert "Kín đáo" not in text
    with scope.system():
        entry = AuditEntry.objects.get(kind=ListEvent.EXPORT)
    assert isinstance(entry.new, dict)
    assert entry.new["kind"] == "pdf"
    assert entry.new["rows"] == 1


def test_a_secret_register_is_printed_for_the_cleared_alone(registered: "Bureau") -> None:
    assert "Kín đáo" in _printed(registered, "clerk", "secret-incoming")
    assert "Kín đáo" not in _printed(registered, "open_clerk", "secret-incoming")


def test_only_so_many_rows_are_printed_and_it_says_so(registered: "Bureau", monkeypatch: pytest.MonkeyPatch) -> None:
    second = registered.arrived(subject="Thứ hai")
    accept(actor=registered.actor("clerk"), document=second)
    monkeypatch.setattr("lienthong.office.core.exports.pdf_file.MOST_ROWS", 1)
    text = _printed(registered, "clerk", "incoming")
    assert "Thứ hai" in text
    assert "Mở đại hội" not in text
    assert "Only the first 1 rows" in text


def test_lists_that_are_no_registers_are_not_printed(bureau: "Bureau") -> None:
    answer = bureau.house.client("administrator").get("/persons/?export=pdf")
    assert answer["Content-Type"].startswith("text/html")
