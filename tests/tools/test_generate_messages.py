"""The collector of texts: it finds what is shown, keeps translations, and tells what is missing."""

import ast
import gettext
import io
from pathlib import Path

import pytest

from lienthong.kernel.i18n import LANGUAGES
from tools import generate_messages as tool

TEXTS = {
    "There is no such thing": {"a.py"},
    "{n} of {m}": {"b.py"},
    ("{n} thing", "{n} things"): {"a.py", "b.py"},
}


@pytest.fixture
def texts() -> tool.Texts:
    return tool.Texts(dict(TEXTS))  # type: ignore[arg-type]  # keys of both kinds


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tool, "FOLDER", tmp_path / "locale")
    monkeypatch.setattr(tool, "SOURCES", tmp_path / "package")
    monkeypatch.setattr(tool, "OFFICE", tmp_path / "package" / "office")
    return tmp_path / "locale"


def translated(before: bytes, msgid: str, msgstr: str) -> bytes:
    """A .po file with a translation filled in."""
    text = before.decode()
    assert f'msgid "{msgid}"\nmsgstr ""' in text
    return text.replace(f'msgid "{msgid}"\nmsgstr ""', f'msgid "{msgid}"\nmsgstr "{msgstr}"').encode()


def test_everything_that_is_shown_is_found() -> None:
    found = tool.collect().found
    # In the code, of an error class, beside a raise, of a command, of an option, with two forms.
    assert "cli/evidence.py" in found["No entries."]
    assert found["The seal does not fit what it seals"] == {"trust/errors.py"}
    assert "exchange/evidence/reader.py" in found["No checkpoint covers it yet; wait for the next one."]
    assert "cli/evidence.py" in found["List entries, newest first."]
    assert "cli/evidence.py" in found["Print JSON."]
    assert ("{n} seal", "{n} seals") in found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('raise E("x", hint="Do this.")', ["Do this."]),
        ('raise E(hint="One " "text.")', ["One text."]),
        ('A = "Do this."\nraise E(hint=A)', ["Do this."]),
        ('A: Final = "Do this."\nraise E(hint=A if x else "")', ["Do this.", ""]),
        ('raise E(hint=f"Do {this}.")', []),
        ("raise E(hint=unknown)", []),
        ('raise E("x", other="Do this.")', []),
    ],
)
def test_hints_beside_a_raise(code: str, expected: list[str]) -> None:
    assert list(tool.hints(ast.parse(code))) == expected


def test_the_empty_text_is_none(texts: tool.Texts) -> None:
    texts.add("", "a.py")
    assert texts.found.keys() == TEXTS.keys()


def test_a_first_run_makes_everything(folder: Path, texts: tool.Texts) -> None:
    made, wrong = tool.files({}, texts)
    assert {path.relative_to(folder).as_posix() for path in made} == {
        "lienthong.pot",
        *(f"{language}/LC_MESSAGES/lienthong.{end}" for language in LANGUAGES for end in ("po", "mo")),
    }
    assert sorted(wrong) == sorted(
        f"{language}: not translated: {text!r}" for language in ("de", "vi") for text in TEXTS
    )
    assert b"EMAIL" not in made[folder / "lienthong.pot"]


def test_english_needs_no_translation(folder: Path, texts: tool.Texts) -> None:
    made, _ = tool.files({}, texts)
    english = gettext.GNUTranslations(io.BytesIO(made[folder / "en" / "LC_MESSAGES" / "lienthong.mo"]))
    assert english.gettext("There is no such thing") == "There is no such thing"
    assert english.ngettext("{n} thing", "{n} things", 1) == "{n} thing"


def test_translations_are_kept_compiled_and_dropped_with_their_text(folder: Path, texts: tool.Texts) -> None:
    path = folder / "de" / "LC_MESSAGES" / "lienthong.po"
    first, _ = tool.files({}, texts)
    before = {path: translated(first[path], "There is no such thing", "Das gibt es nicht")}
    made, wrong = tool.files(before, texts)
    assert "de: not translated: 'There is no such thing'" not in wrong
    german = gettext.GNUTranslations(io.BytesIO(made[path.with_suffix(".mo")]))
    assert german.gettext("There is no such thing") == "Das gibt es nicht"
    del texts.found["There is no such thing"]
    assert b"Das gibt es nicht" not in tool.files(before, texts)[0][path]


def test_placeholders_must_be_the_same(folder: Path, texts: tool.Texts) -> None:
    path = folder / "de" / "LC_MESSAGES" / "lienthong.po"
    first, _ = tool.files({}, texts)
    _, wrong = tool.files({path: translated(first[path], "{n} of {m}", "{n} von {k}")}, texts)
    assert "de: other placeholders: '{n} of {m}'" in wrong
    _, right = tool.files({path: translated(first[path], "{n} of {m}", "von {m} {n}")}, texts)
    assert not [line for line in right if "placeholders" in line]


def test_no_translation_says_the_same_again(folder: Path, texts: tool.Texts) -> None:
    path = folder / "de" / "LC_MESSAGES" / "lienthong.po"
    first, _ = tool.files({}, texts)
    for times, said in ((1, False), (2, True), (3, True)):
        _, wrong = tool.files({path: translated(first[path], "{n} of {m}", "Nummer {n} von allen {m}." * times)}, texts)
        assert ("de: says the same again: '{n} of {m}'" in wrong) is said
    _, short = tool.files({path: translated(first[path], "{n} of {m}", "{n}{m}, ja ja")}, texts)
    assert not [line for line in short if "again" in line]


def test_what_is_fuzzy_counts_as_not_translated(folder: Path, texts: tool.Texts) -> None:
    path = folder / "de" / "LC_MESSAGES" / "lienthong.po"
    first, _ = tool.files({}, texts)
    fuzzy = translated(first[path], "{n} of {m}", "{n} von {m}").replace(
        b'msgid "{n} of {m}"', b'#, fuzzy\nmsgid "{n} of {m}"'
    )
    assert "de: not translated: '{n} of {m}'" in tool.files({path: fuzzy}, texts)[1]


def test_checking_changes_nothing_and_says_what_is_to_be_done(
    folder: Path, texts: tool.Texts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "collect", lambda: texts)
    assert tool.main(["--check"]) == 1
    assert "not up to date: locale/lienthong.pot" in capsys.readouterr().out
    assert not folder.exists()
    assert tool.main([]) == 0
    assert tool.main(["--check"]) == 1
    out = capsys.readouterr().out
    assert "not up to date" not in out.rpartition("vi: not translated")[2]
    texts.found.clear()
    assert tool.main([]) == 0
    assert tool.main(["--check"]) == 0
    assert "All texts are translated (en, vi, de)." in capsys.readouterr().out
