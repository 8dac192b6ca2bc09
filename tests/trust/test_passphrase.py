"""Where passphrases come from: files, descriptors, a terminal; and what is refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lienthong.trust.errors import KeyStoreError
from lienthong.trust.passphrase import PASSPHRASE_VARIABLE, PIN_VARIABLE, passphrase_from

# The same syllable as one character and as three.
COMPOSED, DECOMPOSED = "đường đèo", "đươ\u0300ng đe\u0300o"


def from_file(path: Path, content: bytes) -> bytes:
    path.write_bytes(content)
    return passphrase_from({PASSPHRASE_VARIABLE: str(path)})


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_one_line_end_is_dropped(tmp_path: Path, end: bytes) -> None:
    assert from_file(tmp_path / "file", b" with spaces " + end) == b" with spaces "


def test_only_one_line_end_is_dropped(tmp_path: Path) -> None:
    assert from_file(tmp_path / "file", b"text\n\n") == b"text\n"


def test_bytes_that_are_no_text_stay_as_they_are(tmp_path: Path) -> None:
    assert from_file(tmp_path / "file", b"\xff\x00\xfe") == b"\xff\x00\xfe"


def test_both_ways_to_write_vietnamese_are_one(tmp_path: Path) -> None:
    assert DECOMPOSED != COMPOSED
    assert from_file(tmp_path / "file", DECOMPOSED.encode()) == COMPOSED.encode()
    assert passphrase_from({}, ask=lambda _: DECOMPOSED) == COMPOSED.encode()


def test_a_descriptor_is_a_file_too() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"through a pipe\n")
    os.close(writer)
    try:
        assert passphrase_from({PASSPHRASE_VARIABLE: f"/dev/fd/{reader}"}) == b"through a pipe"
    finally:
        os.close(reader)


def test_a_pin_has_a_variable_of_its_own(tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_bytes(b"1234\n")
    assert passphrase_from({PIN_VARIABLE: str(pin)}, variable=PIN_VARIABLE) == b"1234"


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match=r"missing: No such file.*LIENTHONG_PASSPHRASE_FILE"):
        passphrase_from({PASSPHRASE_VARIABLE: str(tmp_path / "missing")})


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(KeyStoreError, match="larger than 4096 bytes"):
        passphrase_from({PASSPHRASE_VARIABLE: "/dev/zero"})


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_nothing_is_no_passphrase(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(KeyStoreError, match="nothing was given"):
        from_file(tmp_path / "file", content)


def test_a_new_passphrase_is_asked_for_twice() -> None:
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "typed"

    assert passphrase_from({}, confirm=True, ask=ask) == b"typed"
    assert asked == ["Passphrase: ", "Again, passphrase: "]


def test_two_answers_that_differ_are_refused() -> None:
    answers = iter(["one", "two"])
    with pytest.raises(KeyStoreError, match="differ") as caught:
        passphrase_from({}, confirm=True, ask=lambda _: next(answers))
    assert "one" not in caught.value.where


def test_keys_of_another_encoding_are_taken_as_their_bytes() -> None:
    assert passphrase_from({}, ask=lambda _: "caf\udce9") == b"caf\xe9"


def test_without_a_terminal_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with pytest.raises(KeyStoreError, match=r"no terminal.*LIENTHONG_PASSPHRASE_FILE"):
            passphrase_from({})


def test_a_terminal_shows_nothing_of_it() -> None:
    ours, theirs = os.openpty()
    program = "from lienthong.trust.passphrase import passphrase_from; print(len(passphrase_from({})))"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        seen = b""
        while b"Passphrase: " not in seen:
            seen += os.read(ours, 1024)
        os.write(ours, b"unseen words\n")
        while b"12" not in seen:
            seen += os.read(ours, 1024)
        assert process.wait(timeout=30) == 0
    os.close(ours)
    assert b"unseen" not in seen
