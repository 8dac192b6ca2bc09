"""``lienthong signature``: what it shows and its exit status."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from lienthong.cli import signature_view as view
from lienthong.cli.main import main
from lienthong.kernel import i18n
from lienthong.signatures.report import Changes, Coverage, Note, Problem, Reason, Verdict
from tests.support.pdfs import Chain, now, pdf, signed

OURS = Chain.make()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LIENTHONG_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "signed.pdf").write_bytes(signed(pdf(), OURS.leaf, reason="Ban \x1b[31mhành"))
    (tmp_path / "plain.pdf").write_bytes(pdf())
    (tmp_path / "root.pem").write_bytes(OURS.root.certificate.public_bytes(Encoding.PEM))
    yield tmp_path
    i18n.use("en")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["signature", *arguments])
    return status, *capsys.readouterr()


def values(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    status, shown, _ = run(capsys, *arguments, "--json")
    return status, json.loads(shown)


def test_a_trusted_signature_is_shown_and_the_status_is_0(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, shown, _ = run(capsys, "verify", "signed.pdf", "--trust", "root.pem")
    assert status == 0
    assert "valid" in shown
    assert "Văn phòng Trung ương" in shown
    # What a stranger wrote cannot steer the terminal.
    assert "\x1b" not in shown
    status, found = values(capsys, "verify", "signed.pdf", "--trust", "root.pem")
    (signature,) = found["signatures"]
    assert (status, found["verdict"], found["state"]) == (0, "valid", "signed")
    assert {name: signature[name] for name in ("intact", "trusted", "coverage", "modified_after", "reason")} == {
        "intact": True,
        "trusted": True,
        "coverage": "entire_file",
        "modified_after": False,
        "reason": "ok",
    }
    assert (signature["signer"], signature["verdict"]) == ("Văn phòng Trung ương", "valid")
    assert signature["time"].endswith("Z")


def test_what_cannot_be_relied_upon_is_status_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "noise.pdf").write_bytes(b"%PDF-1.7 noise")
    (folder / "empty.pdf").write_bytes(b"")
    for name, verdict, state in (
        ("signed.pdf", "indeterminate", "signed"),
        ("plain.pdf", "unsigned", "unsigned"),
        ("noise.pdf", "indeterminate", "unreadable"),
        ("empty.pdf", "indeterminate", "unreadable"),
    ):
        status, found = values(capsys, "verify", name)
        assert (status, found["verdict"], found["state"]) == (1, verdict, state)
    assert "Nobody was trusted" in run(capsys, "verify", "signed.pdf")[1]
    assert "not signed" in run(capsys, "verify", "plain.pdf")[1]


def test_a_revocation_list_and_a_time_are_taken_into_account(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    OURS.middle.revoked[OURS.leaf.certificate.serial_number] = now() - timedelta(days=1)
    (folder / "list.crl").write_bytes(OURS.middle.crl().public_bytes(Encoding.DER))
    OURS.middle.revoked.clear()
    given = ("verify", "signed.pdf", "--trust", "root.pem")
    assert values(capsys, *given, "--revoked", "list.crl")[1]["signatures"][0]["reason"] == "revoked"
    later = (now() + timedelta(days=500)).date().isoformat()
    status, found = values(capsys, *given, "--at", later)
    assert (status, found["at"], found["signatures"][0]["reason"]) == (1, f"{later}T00:00:00Z", "expired")


def test_mistakes_end_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, status in (
        (("verify", "missing.pdf"), 1),
        (("verify", str(folder)), 1),
        (("verify", "signed.pdf", "--trust", "signed.pdf"), 1),
        (("verify", "signed.pdf", "--trust", "missing.pem"), 1),
        (("verify", "signed.pdf", "--revoked", "root.pem"), 1),
        (("verify", "signed.pdf", "--at", "yesterday"), 2),
        (("verify",), 2),
    ):
        found, _, said = run(capsys, *arguments)
        assert found == status, arguments
        assert "Traceback" not in said
        assert said.strip()


def key_file(folder: Path, passphrase: bytes = b"") -> Path:
    protection = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    path = folder / "key.p12"
    leaf = OURS.leaf
    above = [OURS.middle.certificate]
    path.touch(mode=0o600)
    path.write_bytes(serialize_key_and_certificates(b"x", leaf.key, leaf.certificate, above, protection))
    return path


def test_a_file_is_signed_beside_itself_with_a_passphrase_from_a_file(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file(folder, "mật khẩu".encode())
    (folder / "passphrase").write_text("mật khẩu\n")
    monkeypatch.setenv("LIENTHONG_PASSPHRASE_FILE", str(folder / "passphrase"))
    given = ("sign", "plain.pdf", "--pkcs12", "key.p12", "--stamp", "1,300,60,540,130", "--reason", "Ban hành")
    status, shown, said = run(capsys, *given)
    assert (status, said) == (0, "")
    assert "plain.signed.pdf" in shown
    original, signed_ = (folder / "plain.pdf").read_bytes(), (folder / "plain.signed.pdf").read_bytes()
    assert original == pdf()
    assert signed_.startswith(original)
    status, found = values(capsys, "verify", "plain.signed.pdf", "--trust", "root.pem")
    assert (status, found["signatures"][0]["stated_reason"]) == (0, "Ban hành")
    # What is there is replaced only if that was asked for.
    assert run(capsys, *given)[0] == 1
    assert (folder / "plain.signed.pdf").read_bytes() == signed_
    assert run(capsys, *given, "--force")[0] == 0
    assert (folder / "plain.signed.pdf").read_bytes() != signed_
    # No file of a half-finished attempt is left.
    assert {path.name for path in folder.iterdir()} == {
        *("signed.pdf", "plain.pdf", "plain.signed.pdf", "root.pem", "key.p12", "passphrase")
    }


def test_nothing_is_written_when_signing_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key_file(folder)
    for arguments, status in (
        (("plain.pdf",), 2),
        (("plain.pdf", "--pkcs12", "key.p12", "--key", "key.pem"), 2),
        (("plain.pdf", "--key", "key.pem"), 2),
        (("plain.pdf", "--library", "x.so"), 2),
        (("plain.pdf", "--pkcs12", "key.p12", "--stamp", "1,2,3"), 2),
        (("plain.pdf", "--pkcs12", "key.p12", "--certify", "all"), 2),
        (("plain.pdf", "--pkcs12", "key.p12", "--stamp", "9,300,60,540,130"), 1),
        (("plain.pdf", "--pkcs12", "key.p12", "--tsa", "ftp://x"), 1),
        (("plain.pdf", "--pkcs12", "plain.pdf"), 1),
        (("missing.pdf", "--pkcs12", "key.p12"), 1),
        (("key.p12", "--pkcs12", "key.p12"), 1),
        (("plain.pdf", "--pkcs12", "key.p12", "-o", "missing/x.pdf"), 1),
    ):
        found, _, said = run(capsys, "sign", *arguments)
        assert found == status, (arguments, said)
        assert "Traceback" not in said
    assert not [path for path in folder.iterdir() if "signed" in path.name and path.name != "signed.pdf"]


def test_everything_that_can_be_found_has_words_in_every_language() -> None:
    for language in ("en", "vi", "de"):
        i18n.use(language)
        for kind, words in (
            (Verdict, {key: word for key, (word, _) in view._VERDICTS.items()}),
            (Reason, view._REASONS),
            (Problem, view._PROBLEMS),
            (Changes, view._CHANGES),
            (Coverage, view._COVERAGE),
            (Note, view._NOTES),
        ):
            assert set(words) == set(kind)
    i18n.use("en")
