"""Texts of the office's Django apps: each app has a catalogue of its own, in the domain that Django reads.

What is outside the apps (``settings.py``, packages without ``apps.py``) belongs to the catalogue of ``core``.
"""

import ast
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.extract import extract
from django.utils.translation.template import templatize

DOMAIN: Final = "django"
FALLBACK: Final = "core"
_ONE: Final[dict[str, Any]] = dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "later"))
_TWO: Final[dict[str, Any]] = dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2))
_CONTEXT: Final[dict[str, Any]] = dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2))
_CONTEXT_TWO: Final[dict[str, Any]] = dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3))
_KEYWORDS: Final = _ONE | _TWO | _CONTEXT | _CONTEXT_TWO
_NOT_SHOWN: Final = frozenset({"assets", "static", "migrations", "locale"})
_TEMPLATES: Final = (".html", ".txt")

type Found = tuple[str | None, str | tuple[str, str]]
"""The context if it has one, and an English text or its two forms."""


def apps(office: Path) -> dict[Path, list[Path]]:
    """Return the folder of each app and the files whose texts are in its catalogue."""
    folders = sorted(path.parent for path in office.glob("*/apps.py"))
    fallback = office / FALLBACK
    files: dict[Path, list[Path]] = {folder: [] for folder in folders}
    for path in sorted(office.rglob("*")):
        inside = path.relative_to(office).parts
        if path.suffix not in {".py", *_TEMPLATES} or _NOT_SHOWN.intersection(inside):
            continue
        own = office / inside[0]
        files[own if own in files else fallback].append(path)
    return files


def texts_in(path: Path) -> Iterator[Found]:
    """Yield what a module or a template marks for translation, and what the errors of a module say."""
    text = path.read_text(encoding="utf-8")
    code = text if path.suffix == ".py" else templatize(text, origin=str(path))
    for _line, found, _comments, context in extract("python", io.BytesIO(code.encode()), keywords=_KEYWORDS):
        yield context, found if isinstance(found, str) else (found[0], found[1])
    if path.suffix == ".py":
        for each in error_texts(ast.parse(text)):
            yield None, each


def error_texts(tree: ast.Module) -> Iterator[str]:
    """Yield message and hint of each error class; one is known by its ``code``, for nothing is imported here."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        constants = {
            target.id: statement.value.value
            for statement in node.body
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
            for target in statement.targets
            if isinstance(target, ast.Name) and isinstance(statement.value.value, str)
        }
        message = ast.get_docstring(node)
        if message and "code" in constants:
            yield message.partition("\n")[0].rstrip(".")
            yield constants.get("hint", "")
