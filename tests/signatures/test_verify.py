"""Whatever the file is: an answer, no traceback, and within 20 seconds."""

import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from lienthong.signatures import isolation
from lienthong.signatures.errors import AnchorInvalid, RevocationInvalid
from lienthong.signatures.limits import MEBIBYTE, Limits
from lienthong.signatures.report import Problem, State, Verdict
from lienthong.signatures.verify import inspect, read_anchors, read_revocation, verify
from tests.support.hostile_pdfs import HOSTILE, PAGE, encrypted, field_tree, form, stream, written
from tests.support.pdfs import Chain, pdf, signed

OURS = Chain.make()
SIGNED = signed(pdf(2), OURS.leaf)


def test_a_file_is_judged_in_a_child_by_path_and_as_bytes(tmp_path: Path) -> None:
    path = tmp_path / "công văn.pdf"
    path.write_bytes(SIGNED)
    for given in (path, SIGNED):
        report = verify(given, trust=OURS.trust)
        assert (report.state, report.ok) == (State.SIGNED, True)


def test_the_time_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="2026"):
        verify(SIGNED, at=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_nothing_of_this_process_is_seen_by_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}
    start = subprocess.Popen

    def watched(command: list[str], **how: object) -> object:
        seen.update(how, command=command)
        return start(command, **how)  # type: ignore[call-overload]  # passed on as it came

    monkeypatch.setenv("LIENTHONG_SECRET", "x")
    monkeypatch.setattr("lienthong.signatures.isolation.subprocess.Popen", watched)
    running: dict[tuple[str, int], isolation._Zygote] = {}
    monkeypatch.setattr(isolation, "_RUNNING", running)
    assert verify(SIGNED, trust=OURS.trust).ok
    for zygote in running.values():
        zygote.end()
    assert set(seen["env"]) == {"PYTHONUTF8", "LC_ALL", "TZ"}  # type: ignore[call-overload]  # a dictionary
    assert "-I" in seen["command"]  # type: ignore[operator]  # a list


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_whatever_the_file_there_is_an_answer(name: str) -> None:
    begin = time.monotonic()
    report = verify(HOSTILE[name], trust=OURS.trust)
    facts = inspect(HOSTILE[name])
    assert time.monotonic() - begin < 40
    assert report.ok is False
    assert (report.state is State.UNREADABLE) is (report.problem is not Problem.NONE)
    assert facts.pages < 2
    for each in report.signatures:
        assert each.verdict is not Verdict.VALID


def test_what_is_no_pdf_is_called_so() -> None:
    assert verify(b"").problem is inspect(b"").problem is Problem.EMPTY
    for name in ("random", "zip", "blank"):
        assert verify(HOSTILE[name]).problem is inspect(HOSTILE[name]).problem is Problem.NOT_A_PDF
    small = Limits(file=100)
    assert verify(SIGNED, limits=small).problem is inspect(SIGNED, limits=small).problem is Problem.TOO_LARGE


def test_a_file_that_needs_a_password_is_called_so_and_one_without_is_read() -> None:
    assert verify(encrypted("secret")).problem is Problem.ENCRYPTED
    facts = inspect(encrypted("secret"))
    assert (facts.encrypted, facts.problem) == (True, Problem.ENCRYPTED)
    assert verify(encrypted("")).state is State.UNSIGNED
    facts = inspect(encrypted(""))
    assert (facts.encrypted, facts.pages, facts.readable) == (True, 1, True)


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_bomb_is_not_let_off(rounds: int) -> None:
    head = b"/Type/ObjStm/N 1/First 4"
    bomb = stream(head, b"5 0 " + bytes(300 * MEBIBYTE), rounds=rounds)
    table = [(0, 0, 65535), (2, 4, 0)]
    out = bytearray(b"%PDF-1.7\n")
    for number, each in ((2, PAGE[0]), (3, PAGE[1]), (4, bomb)):
        table.append((1, len(out), 0))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    rows = b"".join(bytes([kind]) + place.to_bytes(4) + index.to_bytes(2) for kind, place, index in table)
    start = len(out)
    out += b"6 0 obj\n%b\nendobj\n" % stream(b"/Type/XRef/Size 7/W[1 4 2]/Index[0 5]/Root 1 0 R", rows)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    begin = time.monotonic()
    report = verify(bytes(out))
    assert report.problem in {Problem.EXCESSIVE, Problem.DAMAGED}
    assert time.monotonic() - begin < 15


def test_what_takes_too_long_is_given_up() -> None:
    begin = time.monotonic()
    report = verify(field_tree(40), limits=Limits(seconds=5))
    assert (report.state, report.problem) == (State.UNREADABLE, Problem.EXCESSIVE)
    assert time.monotonic() - begin < 9


@pytest.mark.slow
def test_the_default_limits_answer_within_20_seconds() -> None:
    begin = time.monotonic()
    assert verify(field_tree(40)).problem is Problem.EXCESSIVE
    assert time.monotonic() - begin < 20


def test_what_takes_too_much_memory_is_given_up() -> None:
    numbers = written([b"<</Type/Catalog/Pages 2 0 R/X[%b]>>" % (b"0 " * 2_000_000), *PAGE])
    report = verify(numbers, limits=Limits(memory=90 * MEBIBYTE))
    assert (report.state, report.problem) == (State.UNREADABLE, Problem.EXCESSIVE)


def test_four_thousand_pages_with_two_signatures_are_judged() -> None:
    other = Chain.make("Ban Tổ chức")
    data = signed(signed(pdf(4000), OURS.leaf), other.leaf, name="Signature2")
    # Three seconds of a processor that is free; other tests share this one.
    patient = Limits(seconds=120)
    report = verify(data, trust=[*OURS.trust, *other.trust], limits=patient)
    assert report.ok
    facts = inspect(data, limits=patient)
    # It stops counting rather than keep somebody waiting, and says so.
    assert facts.pages == 4000 or not facts.complete


def test_two_thousand_signature_fields_are_more_than_is_judged() -> None:
    fields = b"".join(b"%d 0 R " % at for at in range(4, 2004))
    data = form(b"[%b]" % fields, *[b"<</T(%d)/FT/Sig/V<</Type/Sig>>>>" % at for at in range(2000)])
    assert verify(data).problem is Problem.EXCESSIVE
    facts = inspect(data)
    assert (facts.signatures, facts.complete) == (1000, False)


FORBIDDEN = """
import os, socket, subprocess, sys
from lienthong.signatures.limits import confine
confine(seconds=5, memory=2 ** 31)
for act in (
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: subprocess.run(["true"]),
    lambda: open(sys.argv[1], "w"),
    lambda: open(sys.argv[1], "ab"),
    lambda: os.open("x", os.O_CREAT),
    lambda: os.mkdir("x"),
):
    try:
        act()
    except PermissionError as error:
        print(error)
open(sys.argv[1]).close()
"""


def test_the_child_writes_and_calls_nothing() -> None:
    command = [sys.executable, "-c", FORBIDDEN, os.devnull]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    said = done.stdout.splitlines()
    assert said == ["socket.getaddrinfo", "subprocess.Popen", "open", "open", "open", "os.mkdir"]


def test_anchors_are_certificates() -> None:
    both = b"".join(each.certificate.public_bytes(Encoding.PEM) for each in (OURS.root, OURS.middle))
    assert read_anchors(both, "x") == (OURS.root.certificate, OURS.middle.certificate)
    assert read_anchors(OURS.root.certificate.public_bytes(Encoding.DER), "x") == (OURS.root.certificate,)
    for wrong in (b"", b"x", OURS.root.certificate.public_bytes(Encoding.PEM)[:200], SIGNED):
        with pytest.raises(AnchorInvalid):
            read_anchors(wrong, "x")


def test_lists_are_read_and_nothing_else() -> None:
    crl = OURS.middle.crl()
    for encoding in (Encoding.PEM, Encoding.DER):
        assert read_revocation(crl.public_bytes(encoding), "x") == (crl, b"")
    for wrong in (b"", b"x", OURS.root.certificate.public_bytes(Encoding.PEM), SIGNED):
        with pytest.raises(RevocationInvalid):
            read_revocation(wrong, "x")


def test_pages_beyond_the_tree_are_not_counted() -> None:
    data = written([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1000000>>", PAGE[1]])
    assert inspect(data).pages == 1
