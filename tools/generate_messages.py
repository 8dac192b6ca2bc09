"""Collect every text that is shown, bring the translations up to date and compile them.

    tools/generate_messages.py           write the .pot, the .po and the .mo files
    tools/generate_messages.py --check   say what is not translated or not up to date; exit status 1 if anything is

Texts are collected from four places: ``_("…")``, ``ngettext`` and ``later`` in the code; messages (first
line of the docstring) and hints of all error classes; hints given where an error is raised; help texts of
all commands; they are in src/lienthong/locale. The office's apps have catalogues of their own, collected
from code and templates (tools/django_messages.py), in src/lienthong/office/APP/locale. New texts come into
the .po files without a translation: write it there and run this again.
"""

import argparse
import ast
import importlib
import importlib.util
import io
import pkgutil
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import lienthong
from lienthong.cli.main import COMMANDS, app_command, load, walk
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import DOMAIN, FOLDER, LANGUAGES, texts_of
from tools import django_messages

SOURCES: Final = Path(lienthong.__file__).resolve().parent
OFFICE: Final = SOURCES / "office"
ENGLISH: Final = "en"
_KEYWORDS: Final[dict[str, tuple[int, ...] | None]] = {"_": None, "later": None, "ngettext": (1, 2)}
_HEAD: Final = frozenset({"Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"})
# One date for all: a file changes only when its texts do.
_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_WIDTH: Final = 110
# Characters; shorter texts may well be a word said twice.
_SENTENCE: Final = 20
# {name}, %(name)s and %s.
_PLACEHOLDER: Final = re.compile(r"\{\w*[^{}]*\}|%\(\w+\)[a-z]|%[sd]")
_NAME: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, order=True)
class InContext:
    """A text that means different things in different places, and where it means this."""

    context: str
    text: str | tuple[str, str]


type Id = str | tuple[str, str] | InContext
"""An English text, or its two forms for one and many."""


@dataclass(slots=True)
class Texts:
    """What is shown, and where it comes from."""

    found: dict[Id, set[str]] = field(default_factory=dict)

    def add(self, text: Id, place: str) -> None:
        """Note a text; the empty one is none."""
        if text:
            self.found.setdefault(text, set()).add(place)


class _Catalogue(Catalog):
    """A catalogue whose head has nothing but what is needed: Babel's names people and addresses that do not exist."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self._get_mime_headers() if name in _HEAD]


def collect() -> Texts:
    """Collect every text of the package."""
    texts = Texts()
    for path in sorted(set(SOURCES.rglob("*.py")) - set(OFFICE.rglob("*.py"))):
        place = path.relative_to(SOURCES).as_posix()
        with path.open("rb") as file:
            for _line, text, _comments, _context in extract("python", file, keywords=_KEYWORDS):
                texts.add(text if isinstance(text, str) else (text[0], text[1]), place)
        for hint in hints(ast.parse(path.read_bytes())):
            texts.add(hint, place)
    for room in pkgutil.iter_modules(lienthong.__path__, "lienthong."):
        # The office's modules can be imported only where Django is set up.
        if room.ispkg and room.name != "lienthong.office":
            package = importlib.import_module(room.name)
            for module in pkgutil.walk_packages(package.__path__, f"{room.name}."):
                importlib.import_module(module.name)
    _add_errors(texts, LienthongError)
    for name, command in [("main", app_command()), *((name, load(name)) for name in COMMANDS if _is_here(name))]:
        for each in walk(command):
            for text in (each.help, *(getattr(option, "help", None) for option in each.params)):
                texts.add(text or "", f"cli/{name}.py")
    return texts


def collect_apps() -> dict[Path, Texts]:
    """Collect the texts of the office; the key is the folder of an app."""
    found: dict[Path, Texts] = {}
    for folder, files_of in django_messages.apps(OFFICE).items():
        found[folder] = texts = Texts()
        for path in files_of:
            place = path.relative_to(OFFICE).as_posix()
            for context, text in django_messages.texts_in(path):
                texts.add(text if context is None else InContext(context, text), place)
            if path.suffix == ".py":
                for hint in hints(ast.parse(path.read_bytes())):
                    texts.add(hint, place)
    return found


def hints(tree: ast.Module) -> Iterator[str]:
    """Yield the literal texts given as ``hint=`` in calls, and those of constants of the module given there."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        for keyword in call.keywords:
            if keyword.arg == "hint":
                yield from _literals(keyword.value, constants)


def template(texts: Texts) -> Catalog:
    """Return the catalogue without translations."""
    return _filled(None, DOMAIN, texts)


def catalogue(language: str, domain: str, texts: Texts, before: bytes) -> Catalog:
    """Return a language's catalogue: the texts of now with the translations of before."""
    known = read_po(io.BytesIO(before), locale=language) if before else Catalog(locale=language)
    new = _filled(language, domain, texts)
    for message in new:
        if not message.id:
            continue
        old = known.get(message.id, message.context)
        if language == ENGLISH:
            message.string = message.id
        elif old is not None and not old.fuzzy and all(_strings(old)):
            message.string = old.string
    return new


def problems(place: str, texts: Catalog) -> Iterator[str]:
    """Yield a sentence for each text that is not translated, or twice, or with other placeholders."""
    for message in texts:
        if not message.id:
            continue
        strings = _strings(message)
        if not all(strings):
            yield f"{place}: not translated: {message.id!r}"
        elif any(_placeholders(string) != _wanted(message) for string in strings):
            yield f"{place}: other placeholders: {message.id!r}"
        elif any(_says_again(string) for string in strings):
            yield f"{place}: says the same again: {message.id!r}"


def disagreements(catalogues: Iterable[Catalog]) -> Iterator[str]:
    """Yield a sentence for each text that two apps translate differently: Django shows one of the two in both."""
    seen: dict[tuple[str, str, str | None], set[object]] = defaultdict(set)
    for one in catalogues:
        for message in one:
            if message.id and all(_strings(message)):
                seen[str(one.locale), str(message.id), message.context].add(_strings(message))
    for (language, text, _context), strings in seen.items():
        if len(strings) > 1:
            yield f"{language}: apps disagree on {text!r}: {sorted(map(str, strings))}"


def files(before: Mapping[Path, bytes], texts: Texts) -> tuple[dict[Path, bytes], list[str]]:
    """Return all files of our own domain as they should be, and what is wrong with the translations."""
    made, wrong, _ = _files(FOLDER, DOMAIN, before, texts)
    return {FOLDER / f"{DOMAIN}.pot": _po(template(texts))} | made, wrong


def files_of_apps(before: Mapping[Path, bytes], apps: Mapping[Path, Texts]) -> tuple[dict[Path, bytes], list[str]]:
    """Return the files of all the office's apps as they should be, and what is wrong with the translations."""
    made: dict[Path, bytes] = {}
    wrong: list[str] = []
    catalogues: list[Catalog] = []
    for folder, texts in apps.items():
        if texts.found:
            one, faults, read = _files(folder / "locale", django_messages.DOMAIN, before, texts)
            made |= one
            wrong += [f"{folder.name}/{fault}" for fault in faults]
            catalogues += read
    return made, [*wrong, *disagreements(catalogues)]


def _files(
    folder: Path, domain: str, before: Mapping[Path, bytes], texts: Texts
) -> tuple[dict[Path, bytes], list[str], list[Catalog]]:
    made: dict[Path, bytes] = {}
    wrong: list[str] = []
    catalogues: list[Catalog] = []
    for language in LANGUAGES:
        path = folder / language / "LC_MESSAGES" / f"{domain}.po"
        one = catalogue(language, domain, texts, before.get(path, b""))
        wrong += problems(language, one)
        compiled = io.BytesIO()
        write_mo(compiled, one)
        made |= {path: _po(one), path.with_suffix(".mo"): compiled.getvalue()}
        catalogues.append(one)
    return made, wrong, catalogues


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or check them; return the exit status."""
    parser = argparse.ArgumentParser(description="Collect every text that is shown; compile the translations.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit status 1 if something is to be done")
    check = parser.parse_args(arguments).check
    places = [*FOLDER.rglob(f"{DOMAIN}.*"), *OFFICE.glob(f"*/locale/*/LC_MESSAGES/{django_messages.DOMAIN}.*")]
    before = {path: path.read_bytes() for path in places}
    made, wrong = files(before, collect())
    made_of_apps, wrong_of_apps = files_of_apps(before, collect_apps())
    made |= made_of_apps
    wrong += wrong_of_apps
    stale = [path for path, data in made.items() if before.get(path) != data]
    if not check:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made[path])
    elif stale:
        wrong += [f"not up to date: {path.relative_to(SOURCES.parent)}" for path in stale]
        wrong.append("run tools/generate_messages.py")
    print("\n".join(wrong) if wrong else f"All texts are translated ({', '.join(LANGUAGES)}).")
    return 1 if wrong and check else 0


def _literals(node: ast.expr, constants: Mapping[str, str]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.Name(id=name) if name in constants:
            yield constants[name]
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body, constants)
            yield from _literals(orelse, constants)


def _add_errors(texts: Texts, kind: type[LienthongError]) -> None:
    place = f"{kind.__module__.removeprefix('lienthong.').replace('.', '/')}.py"
    if kind.__module__.startswith("lienthong."):
        for text in texts_of(kind):
            texts.add(text, place)
    for child in kind.__subclasses__():
        _add_errors(texts, child)


def _is_here(name: str) -> bool:
    return importlib.util.find_spec(f"lienthong.cli.{name}") is not None


def _filled(language: str | None, domain: str, texts: Texts) -> Catalog:
    new = _Catalogue(
        locale=language,
        domain=domain,
        header_comment=f"# Texts of {domain}; made by tools/generate_messages.py.",
        creation_date=_DATE,
        revision_date=_DATE,
        fuzzy=False,
    )
    for text in sorted(texts.found, key=str):
        places = [(place, 0) for place in sorted(texts.found[text])]
        if isinstance(text, InContext):
            new.add(text.text, locations=places, context=text.context)
        else:
            new.add(text, locations=places)
    return new


def _po(one: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, one, width=_WIDTH, include_lineno=False, sort_output=True, ignore_obsolete=True)
    return buffer.getvalue()


def _strings(message: Message) -> tuple[str | None, ...]:
    """Return the translation, or its forms."""
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string,)


def _says_again(text: str | None) -> bool:
    """Tell whether a sentence is nothing but a shorter one several times, as ten were."""
    return text is not None and len(text) > _SENTENCE and text in (text * 2)[1:-1]


def _wanted(message: Message) -> list[str]:
    return _placeholders(message.id if isinstance(message.id, str) else message.id[1])


def _placeholders(text: str | None) -> list[str]:
    """Return the placeholders: by name, so that their order may differ; how {a number} is written may, too."""
    found = _PLACEHOLDER.findall(text or "")
    names = {"".join(_NAME.findall(each.partition(":")[0])) for each in found if each[:2] != "%s" and each[:2] != "%d"}
    return sorted([*names, *(each for each in found if each in {"%s", "%d"})])


if __name__ == "__main__":
    sys.exit(main())
