"""``lienthong edxml``: what it shows, what it writes, and its exit status."""

import json
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from lienthong.cli.main import main
from lienthong.kernel import i18n
from lienthong.profiles.vn.edxml.oddities import MEANINGS, Oddity
from lienthong.profiles.vn.edxml.reading import read
from lienthong.profiles.vn.edxml.values import LOCAL, ResponseFor, StatusPacket
from lienthong.profiles.vn.edxml.writing import write
from tests.support.edxml import HEADER, PACKET, PDF, attachment, signer, text, zipped

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LIENTHONG_LANG", "LIENTHONG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)
    yield
    i18n.use("en")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main(["edxml", *map(str, arguments)])
    return status, *capsys.readouterr()


def save(data: bytes, name: str = "p.edxml") -> Path:
    Path(name).write_bytes(data)
    return Path(name)


def described(packet: Path, capsys: pytest.CaptureFixture[str], *more: object) -> dict[str, Any]:
    status, out, _ = run(capsys, "read", packet, "--json", *more)
    assert status == 0
    values: dict[str, Any] = json.loads(out)
    return values


def test_everything_a_packet_says(capsys: pytest.CaptureFixture[str]) -> None:
    path = save(text(attachment(zipped(("x", PDF)), name="công văn.pdf")).encode())
    status, out, _ = run(capsys, "read", path)
    assert status == 0
    for shown in (
        "G22 (000.00.00.G22)",
        "H37.DN.001",
        "7816/VPCP-TTĐT",
        "Về việc kết nối",
        "2015-09-30",
        "công văn.pdf",
    ):
        assert shown in out
    assert PACKET.attachments[0].sha256 in out
    assert "zipped-undeclared" in out
    assert "it was unpacked" in out


@pytest.mark.parametrize(("language", "shown"), [("vi", "Bên gửi"), ("de", "Absender"), ("en", "Sender")])
def test_in_three_languages(capsys: pytest.CaptureFixture[str], language: str, shown: str) -> None:
    path = save(write(PACKET).in_plain())
    assert main(["--lang", language, "edxml", "read", str(path)]) == 0
    assert shown in capsys.readouterr().out


def test_a_status(capsys: pytest.CaptureFixture[str]) -> None:
    status = StatusPacket(
        sender=PACKET.sender,
        response=ResponseFor(organ="H49", document_id=PACKET.id),
        status="03",
        at=datetime(2020, 1, 1, tzinfo=LOCAL),
    )
    code, out, _ = run(capsys, "read", save(write(status).in_plain()))
    assert code == 0
    assert "03 accepted, entered in the incoming register" in out


def test_reading_extracting_and_writing_come_round(capsys: pytest.CaptureFixture[str]) -> None:
    data = write(PACKET).in_plain()
    values = described(save(data), capsys, "--extract", "out")
    assert values["attachments"][0]["file"] == "công văn.pdf"
    save(json.dumps(values).encode(), "d.json")
    status, out, _ = run(capsys, "write", "d.json", "--files", "out", "--output", "again.edxml")
    assert (status, out) == (0, f"again.edxml: {len(data)} bytes\n")
    assert Path("again.edxml").read_bytes() == data
    assert stat.S_IMODE(Path("again.edxml").stat().st_mode) == 0o600
    status, _, err = run(capsys, "write", "d.json", "--files", "out", "--output", "again.edxml")
    assert status == 1
    assert "--force" in err
    assert run(capsys, "write", "d.json", "--files", "out", "--output", "again.edxml", "--force")[0] == 0


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"%PDF-1.7", "p.edxml:1: unclosed token"),
        (b"", "p.edxml:1: no element found"),
        (b"<a>\n</b>", "p.edxml:2: mismatched tag"),
        (b"<a/>", "p.edxml:1: no MessageHeader in a"),
        (b"\xff\xff", "p.edxml:1: not UTF-8"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "p.edxml:1"),
        (text(attachment(zipped(("a", bytes(200 << 20))))).encode(), "p.edxml:9: a ZIP file of"),
    ],
)
def test_what_cannot_be_read_says_file_line_and_cause(
    capsys: pytest.CaptureFixture[str], data: bytes, cause: str
) -> None:
    status, out, err = run(capsys, "read", save(data), "--extract", "out")
    assert (status, out) == (1, "")
    assert cause in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert not Path("out").exists()


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("read", "none"), ("read", "."), ("write", "none", "-o", "x")):
        status, _, err = run(capsys, *arguments)
        assert status == 1
        assert "cannot be read" in err
    assert run(capsys, "read")[0] == 2
    assert run(capsys, "write", "none")[0] == 2


def test_nothing_in_a_packet_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\u009b31m\u202e\u2028evil"
    xml = text(attachment(PDF, name=f"{evil}.pdf"), header=HEADER.replace("Về việc", evil).replace("H37", evil))
    status, out, _ = run(capsys, "read", save(xml.encode()), "--extract", "out")
    assert status == 0
    assert all(each.isprintable() or each == "\n" for each in out)
    assert [path.name for path in Path("out").iterdir()] == ["31mevil.pdf"]


def test_what_is_classified_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    values = described(save(write(PACKET).in_plain()), capsys, "--extract", ".")
    save(json.dumps(values | {"label": "confidential"}).encode(), "d.json")
    status, _, err = run(capsys, "write", "d.json", "-o", "secret.edxml")
    assert status == 1
    assert "encrypted envelope" in err
    assert not Path("secret.edxml").exists()
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "sub/../../secret", "link", "\0"])
def test_a_description_takes_no_files_from_elsewhere(capsys: pytest.CaptureFixture[str], name: str) -> None:
    values = described(save(write(PACKET).in_plain()), capsys)
    Path("files/sub").mkdir(parents=True)
    save(PDF, "secret")
    Path("files/link").symlink_to(Path("secret").resolve())
    for entry in ({"name": name}, {"name": "a", "file": name}):
        save(json.dumps(values | {"attachments": [entry]}).encode(), "d.json")
        status, _, err = run(capsys, "write", "d.json", "--files", "files", "-o", "x.edxml")
        assert status == 1
        assert "of an attachment" in err
        assert not Path("x.edxml").exists()


def test_an_incomplete_description(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "write", save(b'{"kind":"document"}', "d.json"), "-o", "x.edxml")
    assert status == 1
    assert "d.json: sender: agency code" in err


def test_signing_with_pkcs12(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    made = signer(key)
    protected = pkcs12.serialize_key_and_certificates(
        b"x", key, made.certificate, None, BestAvailableEncryption("mật khẩu".encode())
    )
    values = described(save(write(PACKET).in_plain()), capsys, "--extract", ".")
    save(json.dumps(values).encode(), "d.json")
    save(protected, "key.p12").chmod(0o600)
    save("mật khẩu\n".encode(), "passphrase")
    monkeypatch.setenv("LIENTHONG_PASSPHRASE_FILE", "passphrase")
    assert run(capsys, "write", "d.json", "-o", "x.edxml", "--key", "key.p12")[0] == 0
    (signature,) = described(Path("x.edxml"), capsys)["signatures"]
    assert (signature["verdict"], signature["whole"], signature["subject"]) == ("intact", True, "CN=Văn thư")
    _, out, _ = run(capsys, "read", "x.edxml")
    assert "intact, over all of the packet" in out
    save(b"other", "passphrase")
    status, _, err = run(capsys, "write", "d.json", "-o", "y.edxml", "--key", "key.p12")
    assert status == 1
    assert "passphrase" in err
    assert "other" not in err.replace("others", "")


def test_signing_with_pem(capsys: pytest.CaptureFixture[str]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    save(signer(key).certificate.public_bytes(Encoding.PEM), "c.pem")
    save(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "k.pem").chmod(0o600)
    values = described(save(write(PACKET).in_plain()), capsys, "--extract", ".")
    save(json.dumps(values).encode(), "d.json")
    assert run(capsys, "write", "d.json", "-o", "x.edxml", "--key", "k.pem", "--certificate", "c.pem")[0] == 0
    assert read(Path("x.edxml").read_bytes()).signatures[0].whole
    assert run(capsys, "write", "d.json", "-o", "y.edxml", "--key", "k.pem")[0] == 2
    assert run(capsys, "write", "d.json", "-o", "y.edxml", "--certificate", "c.pem")[0] == 2
    Path("k.pem").chmod(0o644)
    assert run(capsys, "write", "d.json", "-o", "y.edxml", "--key", "k.pem", "--certificate", "c.pem")[0] == 1


def test_the_page_lists_every_warning() -> None:
    page = (ROOT / "docs" / "edxml.md").read_text(encoding="utf-8")
    assert set(MEANINGS) == set(Oddity)
    for code, meaning in MEANINGS.items():
        assert f"| `{code}` | {meaning} |" in page
