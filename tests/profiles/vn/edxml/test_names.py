"""Names of attachments as names of files: whatever they are, they are safe, and look-alikes are told."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lienthong.profiles.vn.edxml.names import confusable, look, numbered, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("công văn 7816.pdf", "công văn 7816.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("/etc/shadow", "shadow"),
        ("C:\\boot.ini", "boot.ini"),
        ("C:boot.ini", "C_boot.ini"),
        ("a.pdf:hidden.exe", "a.pdf_hidden.exe"),
        ("..", "attachment-1"),
        (".", "attachment-1"),
        ("", "attachment-1"),
        ("...", "attachment-1"),
        ("/", "attachment-1"),
        (".htaccess", "htaccess"),
        ("-rf", "_-rf"),
        ("~root", "_~root"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("com1", "_com1"),
        ("LPT¹.txt", "_LPT¹.txt"),
        ("nul .txt", "_nul .txt"),
        ("context.txt", "context.txt"),
        ("a\x00b\x1b[31m.pdf", "ab[31m.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("a\u200bb.pdf", "ab.pdf"),
        ("a\u2028b.pdf", "ab.pdf"),
        ("\uff0e\uff0e\uff0fx", "x"),
        ("a\u2215b", "b"),
        ("a.pdf. . ", "a.pdf"),
        ("quye\u0302\u0301t.pdf", "quyết.pdf"),
        ("a  \t b.pdf", "a b.pdf"),
        ("\ud800.pdf", "pdf"),
    ],
)
def test_safe_names(name: str, safe: str) -> None:
    assert safe_name(name, 1) == safe


def test_long_names_keep_their_extension() -> None:
    for letter in ("x", "ế"):
        name = safe_name(letter * 400 + ".pdf", 1)
        assert name.endswith(letter + ".pdf")
        assert 170 < len(name.encode()) <= 180
    assert len(safe_name("x." + "y" * 400, 1)) == 180


@given(st.text(max_size=300), st.integers(1, 500))
@example("CON" * 100 + ".", 1)
@example("ế" * 59 + "..." + "\u0323" * 30, 1)
@example("ab" * 87 + ". con", 1)
def test_every_name_is_safe(name: str, number: int) -> None:
    safe = safe_name(name, number)
    assert safe
    assert safe not in {".", ".."}
    assert not set(safe) & set('/\\:*?"<>|\0')
    assert safe[0] not in ". -~"
    assert safe[-1] not in ". "
    assert len(numbered(safe, 9999).encode()) <= 255
    assert unicodedata.is_normalized("NFC", safe)
    assert all(unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for each in safe)
    assert safe_name(safe, number) == safe


@pytest.mark.parametrize(
    "alike",
    [
        ("quyết định.pdf", "QUYẾT ĐỊNH.PDF"),
        ("quyết.pdf", "quye\u0302\u0301t.pdf"),
        ("cap.pdf", "\u0441\u0430\u0440.pdf"),
        ("Đ.pdf", "Ð.pdf"),
        ("a.pdf", "\uff41.pdf"),
        ("a.pdf", "x/a.pdf"),
        ("a.pdf", "a\u200b.pdf"),
        ("BOPOC.pdf", "\u0412\u041e\u0420\u041e\u0421.pdf"),
    ],
)
def test_what_looks_alike(alike: tuple[str, str]) -> None:
    assert look(alike[0]) == look(alike[1])


def test_what_does_not() -> None:
    names = ["a.pdf", "b.pdf", "quyết.pdf", "quyêt.pdf", "a (2).pdf", "tờ.pdf", "to.pdf", "đ.pdf"]
    assert len({look(each) for each in names}) == len(names)


def test_mixed_alphabets() -> None:
    assert confusable("quy\u0435t.pdf")
    assert confusable("\uff41b.pdf")
    assert not confusable("quyết định 7816.pdf")
    assert not confusable("отчет")


def test_numbers_go_before_the_extension() -> None:
    assert [numbered(each, 2) for each in ("a.pdf", "a", "a.b.pdf", "a.x" * 9)] == [
        "a (2).pdf",
        "a (2)",
        "a.b (2).pdf",
        "a.xa.xa.xa.xa.xa.xa.xa.xa (2).x",
    ]
