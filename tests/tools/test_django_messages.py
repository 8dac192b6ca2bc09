"""Texts of the office's apps: where they are found, and in whose catalogue they are."""

import ast
from pathlib import Path

import pytest

from tools import django_messages as tool
from tools import generate_messages

ENTRY = tuple[str | None, str | tuple[str, str]]


@pytest.fixture
def office(tmp_path: Path) -> Path:
    office = tmp_path / "office"
    for path, text in {
        "settings.py": 'LANGUAGES = [("vi", _("Vietnamese"))]',
        "core/apps.py": "",
        "core/views.py": 'x = pgettext("month", "May")\ny = ngettext("%(n)s thing", "%(n)s things", n)',
        "core/migrations/0001_initial.py": '_("never shown")',
        "organs/apps.py": "",
        "organs/errors.py": 'class Gone(E):\n    """It has gone."""\n\n    code = "gone"\n    hint = "Look elsewhere."',
        "organs/templates/organs/list.html": '{% load i18n %}<h1>{% translate "Organs" %}</h1>',
        "organs/static/organs/x.html": '{% load i18n %}{% translate "never shown" %}',
        "seeding/run.py": 'raise E("x", hint="Try again.")\n_("Seeding")',
    }.items():
        (office / path).parent.mkdir(parents=True, exist_ok=True)
        (office / path).write_text(text)
    return office


def test_texts_are_in_the_catalogue_of_their_app(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate_messages, "OFFICE", office)
    found = {folder.name: texts.found for folder, texts in generate_messages.collect_apps().items()}
    assert found == {
        "core": {
            "Vietnamese": {"settings.py"},
            generate_messages.InContext("month", "May"): {"core/views.py"},
            ("%(n)s thing", "%(n)s things"): {"core/views.py"},
            "Seeding": {"seeding/run.py"},
            "Try again.": {"seeding/run.py"},
        },
        "organs": {
            "It has gone": {"organs/errors.py"},
            "Look elsewhere.": {"organs/errors.py"},
            "Organs": {"organs/templates/organs/list.html"},
        },
    }


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{% translate "One" %}', [(None, "One")]),
        ('{% trans "May" context "month" %}', [("month", "May")]),
        ("{% blocktranslate with a=b %}Hello {{ a }}{% endblocktranslate %}", [(None, "Hello %(a)s")]),
        ("{% blocktranslate trimmed %}\n  two\n  lines\n{% endblocktranslate %}", [(None, "two lines")]),
        (
            "{% blocktranslate count n=n %}{{ n }} thing{% plural %}{{ n }} things{% endblocktranslate %}",
            [(None, ("%(n)s thing", "%(n)s things"))],
        ),
        ('{{ value|default:_("none") }}', [(None, "none")]),
        ("<p>plain</p>", []),
    ],
)
def test_what_templates_mark(tmp_path: Path, template: str, expected: list[ENTRY]) -> None:
    path = tmp_path / "a.html"
    path.write_text(template)
    assert list(tool.texts_in(path)) == expected


def test_only_classes_with_a_code_are_errors() -> None:
    tree = ast.parse(
        'class A:\n    """No error."""\n\nclass B(E):\n    """An error: more.\n\n    Not shown."""\n    code = "b"\n'
    )
    assert list(tool.error_texts(tree)) == ["An error: more", ""]


def test_files_of_apps_with_contexts(tmp_path: Path) -> None:
    may = generate_messages.InContext("month", "May")
    apps = {tmp_path / "core": generate_messages.Texts({may: {"a.py"}}), tmp_path / "empty": generate_messages.Texts()}
    made, wrong = generate_messages.files_of_apps({}, apps)
    assert {path.relative_to(tmp_path).as_posix() for path in made} == {
        f"core/locale/{language}/LC_MESSAGES/django.{end}" for language in ("de", "en", "vi") for end in ("mo", "po")
    }
    assert wrong == ["core/vi: not translated: 'May'", "core/de: not translated: 'May'"]
    path = tmp_path / "core" / "locale" / "de" / "LC_MESSAGES" / "django.po"
    before = {path: made[path].replace(b'msgid "May"\nmsgstr ""', b'msgid "May"\nmsgstr "Mai"')}
    again, wrong = generate_messages.files_of_apps(before, apps)
    assert b'msgctxt "month"\nmsgid "May"\nmsgstr "Mai"' in again[path]
    assert wrong == ["core/vi: not translated: 'May'"]


def test_apps_must_agree_on_what_a_text_means(tmp_path: Path) -> None:
    apps = {tmp_path / name: generate_messages.Texts({"Post": {f"{name}.py"}}) for name in ("a", "b")}
    made, _ = generate_messages.files_of_apps({}, apps)
    filled = {}
    for name, german in (("a", "Stelle"), ("b", "Beitrag")):
        path = tmp_path / name / "locale" / "de" / "LC_MESSAGES" / "django.po"
        filled[path] = made[path].replace(b'msgid "Post"\nmsgstr ""', f'msgid "Post"\nmsgstr "{german}"'.encode())
    _, wrong = generate_messages.files_of_apps(filled, apps)
    (line,) = [line for line in wrong if "disagree" in line]
    assert line.startswith("de: apps disagree on 'Post'")


@pytest.mark.parametrize(
    ("english", "german", "same"),
    [
        ("%(a)s of %(b)s", "von %(b)s %(a)s", True),
        ("%(a)s of %(b)s", "%(a)s von allen", False),
        ("%s of %s", "%s von %s", True),
        ("%s of %s", "%s", False),
        ("{n:,} of {m}", "von {m} {n}", True),
    ],
)
def test_placeholders(english: str, german: str, same: bool) -> None:  # noqa: FBT001 - a row of the table
    assert (generate_messages._placeholders(english) == generate_messages._placeholders(german)) is same
