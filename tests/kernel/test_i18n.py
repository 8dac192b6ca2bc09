"""Languages: which one is chosen, what is translated, and what stays as it is."""

from collections.abc import Iterator

import pytest

from lienthong.kernel import i18n
from lienthong.kernel.i18n import LanguageUnknown, _, later, ngettext
from lienthong.trust.errors import KeyUnknown, SealInvalid


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    i18n.use("en")


@pytest.mark.parametrize(
    ("environ", "wanted", "expected"),
    [
        ({}, None, "en"),
        ({"LANG": "vi_VN.UTF-8"}, None, "vi"),
        ({"LANG": "de"}, None, "de"),
        ({"LANG": "DE-at"}, None, "de"),
        ({"LANG": "vi_VN", "LC_MESSAGES": "de_DE"}, None, "de"),
        ({"LANG": "vi_VN", "LC_MESSAGES": "de_DE", "LC_ALL": "C.UTF-8"}, None, "en"),
        ({"LC_ALL": "de_DE", "LIENTHONG_LANG": "vi"}, None, "vi"),
        ({"LIENTHONG_LANG": "", "LANG": "vi"}, None, "vi"),
        ({"LANG": "fr_FR"}, None, "en"),
        ({"LANG": "POSIX"}, None, "en"),
        ({"LIENTHONG_LANG": "vi"}, "de", "de"),
    ],
)
def test_what_decides(environ: dict[str, str], wanted: str | None, expected: str) -> None:
    assert i18n.choose(environ, wanted) == expected


@pytest.mark.parametrize("wanted", ["fr", "", "../de"])
def test_an_explicit_wish_that_cannot_be_met_is_an_error(wanted: str) -> None:
    with pytest.raises(LanguageUnknown):
        i18n.choose({}, wanted)
    with pytest.raises(LanguageUnknown):
        i18n.use(wanted)


def test_texts_follow_the_language() -> None:
    assert (i18n.language(), _("No entries.")) == ("en", "No entries.")
    i18n.use("vi")
    assert (i18n.language(), _("No entries.")) == ("vi", "Không có mục nào.")
    i18n.use("de")
    assert _("No entries.") == "Keine Einträge."


def test_counts_have_their_forms() -> None:
    assert ngettext("{n} entry", "{n} entries", 1) == "{n} entry"
    i18n.use("de")
    assert ngettext("{n} entry", "{n} entries", 1) == "{n} Eintrag"
    assert ngettext("{n} entry", "{n} entries", 2) == "{n} Einträge"
    i18n.use("vi")
    assert ngettext("{n} entry", "{n} entries", 1) == ngettext("{n} entry", "{n} entries", 2) == "{n} mục"


def test_what_has_no_translation_stays() -> None:
    i18n.use("de")
    assert _("Nobody has translated this.") == "Nobody has translated this."
    assert _("") == ""
    assert later("No entries.") == "No entries."


def test_an_error_is_explained_in_the_language_with_its_place() -> None:
    assert i18n.explain(SealInvalid("seal 3")) == str(SealInvalid("seal 3"))
    i18n.use("de")
    assert i18n.explain(SealInvalid("seal 3")).startswith("Das Siegel passt nicht zu dem, was es besiegelt: seal 3. ")
    assert i18n.explain(KeyUnknown()).startswith("Der Schlüssel steht nicht im Verzeichnis. ")
    assert i18n.explain(KeyUnknown("x", hint="Ask them.")).endswith("x. Ask them.")


def test_a_language_without_a_catalogue_is_english() -> None:
    assert i18n.catalogue_of("xx").gettext("No entries.") == "No entries."
