"""Making PDF of files of office programs: by the real LibreOffice, in memory, without network, bounded."""

import io
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.test import override_settings
from openpyxl import Workbook

from lienthong.office.documents import converting
from lienthong.office.documents.converting import KINDS, NotConverted, can_convert, suffix_of, to_pdf

RTF = rb"{\rtf1\ansi K\u7871? ho\u7841?ch: \u7871? \u7897? \u7919?\par}"
PROGRAM = """#!{python}
import socket, sys
from pathlib import Path
kept = Path("{kept}")
(kept / "file").write_bytes(Path(sys.argv[-1]).read_bytes())
try:
    socket.create_connection(("127.0.0.1", {port}), 3)
except OSError as error:
    (kept / "told").write_text(str(error))
"""


def text_of(pdf: bytes) -> str:
    """Return what stands in a PDF."""
    command = ["pdftotext", "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


@pytest.fixture(autouse=True)
def _needs_libreoffice() -> None:
    # `make test` installs it, and fails in CI where it cannot.
    if not can_convert():
        pytest.skip("LibreOffice is not installed")


def test_a_text_becomes_a_pdf_and_nothing_is_left() -> None:
    before = set(converting.MEMORY.iterdir())
    assert "Kế hoạch: ế ộ ữ" in text_of(to_pdf(RTF, "rtf"))
    assert {each for each in converting.MEMORY.iterdir() if each.name.startswith("lienthong-")} <= before


def test_a_sheet_becomes_a_pdf() -> None:
    book, file = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "Đơn vị"
    book.save(file)
    assert "Đơn vị" in text_of(to_pdf(file.getvalue(), "xlsx"))


def test_what_is_damaged_becomes_nothing() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("nothing.xml", "<")
    with pytest.raises(NotConverted):
        to_pdf(file.getvalue(), "pptx")


def test_the_program_has_no_network_and_its_folder_is_gone(tmp_path: Path) -> None:
    program = tmp_path / "soffice"
    with socket.create_server(("127.0.0.1", 0)) as server:
        # The server is reached from here.
        socket.create_connection(server.getsockname(), 3).close()
        text = PROGRAM.format(python=sys.executable, kept=tmp_path, port=server.getsockname()[1])
        program.write_text(text)
        program.chmod(0o700)
        with override_settings(LIENTHONG_SOFFICE=str(program)), pytest.raises(NotConverted):
            to_pdf(RTF, "rtf")
    assert "unreachable" in (tmp_path / "told").read_text()
    assert (tmp_path / "file").read_bytes() == RTF
    assert not any(each.name.startswith("lienthong-") for each in converting.MEMORY.iterdir())


def test_it_ends_in_time_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\n(sleep 4; touch {tmp_path}/late) &\nsleep 60\n")
    program.chmod(0o700)
    monkeypatch.setattr(converting, "WALL_SECONDS", 1)
    with override_settings(LIENTHONG_SOFFICE=str(program)), pytest.raises(NotConverted):
        to_pdf(RTF, "rtf")
    subprocess.run(["/bin/sleep", "4"], check=True)
    assert not (tmp_path / "late").exists()


@pytest.mark.parametrize(
    ("name", "head", "suffix"),
    [
        ("a.DOCX", b"PK\x03\x04", "docx"),
        ("a.rtf", RTF[:16], "rtf"),
        ("a.doc", KINDS["doc"], "doc"),
        # Called one thing and being another, or a kind that is not converted.
        ("a.doc", RTF[:16], ""),
        ("a.docx", b"MZ", ""),
        ("a.docm", b"PK\x03\x04", ""),
        ("a.html", b"<html>", ""),
        ("docx", b"PK\x03\x04", ""),
    ],
)
def test_only_known_kinds_that_are_what_they_say(name: str, head: bytes, suffix: str) -> None:
    assert suffix_of(name, head) == suffix
