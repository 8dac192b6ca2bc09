"""Texts in the reader's language: gettext catalogues in ``locale/``, English where one has nothing.

Texts stand in the code in English, inside ``_("…")``; messages and hints of errors are plain class
attributes and are translated when they are shown (``explain``). ``tools/generate_messages.py`` collects
both and compiles the catalogues.
"""

import gettext
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from lienthong.kernel.errors import BadInput, LienthongError

DOMAIN: Final = "lienthong"
FOLDER: Final = Path(__file__).resolve().parent.parent / "locale"
LANGUAGES: Final = ("en", "vi", "de")
VARIABLE: Final = "LIENTHONG_LANG"
"""The environment's choice for us alone; ``LC_ALL``, ``LC_MESSAGES`` and ``LANG`` come after it, as in gettext."""
_VARIABLES: Final = (VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")


class LanguageUnknown(BadInput):
    """There is no such language here."""

    code = "language_unknown"
    hint = "Choose vi, en or de."


class _Choice:
    """What this process speaks; it is chosen once, before anything is shown."""

    language = LANGUAGES[0]
    catalogue: gettext.NullTranslations = gettext.NullTranslations()


def choose(environ: Mapping[str, str], wanted: str | None = None) -> str:
    """Return the language to speak.

    Args:
        environ: the environment; the first of its variables that is set decides, and one that names
            another language means English.
        wanted: what was asked for explicitly.

    Raises:
        LanguageUnknown: what was asked for explicitly is not here.
    """
    if wanted is not None:
        if wanted not in LANGUAGES:
            raise LanguageUnknown(repr(wanted))
        return wanted
    named = next((environ[name] for name in _VARIABLES if environ.get(name)), "")
    language = named.replace("-", "_").partition(".")[0].partition("_")[0].lower()
    return language if language in LANGUAGES else LANGUAGES[0]


def use(language: str) -> None:
    """Speak one of ``LANGUAGES`` from now on, in the whole process.

    Raises:
        LanguageUnknown: it is not one of them.
    """
    if language not in LANGUAGES:
        raise LanguageUnknown(repr(language))
    _Choice.language, _Choice.catalogue = language, catalogue_of(language)


def language() -> str:
    """Return the language that is spoken now."""
    return _Choice.language


def _(text: str) -> str:
    """Return an English text in the language that is spoken now."""
    # gettext answers the empty text with the catalogue's head.
    return _Choice.catalogue.gettext(text) if text else ""


def ngettext(one: str, many: str, count: int) -> str:
    """Return the English text that fits a count, in the language that is spoken now."""
    return _Choice.catalogue.ngettext(one, many, count)


def later(text: str) -> str:
    """Mark an English text for the catalogues; it is translated where it is shown."""
    return text


def explain(error: LienthongError) -> str:
    """Return what happened, where, and what to do, in one line in the language that is spoken now."""
    place = f": {error.where}" if error.where else ""
    return f"{_(error.message)}{place}. {_(error.advice)}".rstrip()


def texts_of(kind: type[LienthongError]) -> tuple[str, str]:
    """Return what an error class says, in English: message and hint."""
    return (kind.__doc__ or kind.__name__).partition("\n")[0].rstrip("."), kind.hint


@lru_cache
def catalogue_of(language: str) -> gettext.NullTranslations:
    """Return the catalogue of a language, an empty one if it is not there."""
    return gettext.translation(DOMAIN, FOLDER, languages=[language], fallback=True)
