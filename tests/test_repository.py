"""What CONTRIBUTING asks of the files, checked by machine."""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 400
SOURCES = sorted(path for path in (ROOT / "src").rglob("*.py") if "node_modules" not in path.parts)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SCRIPTS = sorted(path for folder in ("bench", "tools") for path in (ROOT / folder).rglob("*.py"))

# Written so that this file does not contain what it looks for.
HOSTS = [".".join(host) for host in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("crates", "io"))]
HOMES = [f"/{home}/" for home in ("root", "home", "Users")]
NOTES = re.compile(r"\b(?:TO[D]O|FIX[M]E|HA[C]K)\b")


def files() -> Iterator[Path]:
    """Yield every file of the project but those that .gitignore leaves out."""
    ignored = {
        line.strip("/")
        for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
        if line.endswith("/") and "*" not in line
    } | {".git"}

    def below(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            if path.name in ignored or path.name.endswith(".egg-info"):
                continue
            if path.is_dir():
                yield from below(path)
            else:
                yield path

    yield from below(ROOT)


def texts() -> Iterator[tuple[str, str]]:
    """Yield name and content of every file that is text."""
    for path in files():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def pyproject() -> dict[str, Any]:
    """Return pyproject.toml, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def declared(*, everything: bool = True) -> set[str]:
    """Return the names of the dependencies in pyproject.toml, with or without those that are not locked."""
    facts = pyproject()
    groups = facts["dependency-groups"]
    lists = [facts["project"]["dependencies"], *facts["project"]["optional-dependencies"].values()]
    lists += groups.values() if everything else [groups["dev"]]
    return {name(requirement) for requirements in lists for requirement in requirements}


def name(requirement: str) -> str:
    """Return the normalised name at the start of a requirement (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()


def test_files_of_code_fit_on_a_few_screens() -> None:
    code = [*SOURCES, *TESTS, *SCRIPTS, ROOT / "Makefile", ROOT / "tools" / "bootstrap"]
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in code}
    assert {path: lines for path, lines in lengths.items() if lines > MAX_LINES} == {}


def test_every_file_of_code_says_what_it_is() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in [*SOURCES, *TESTS, *SCRIPTS]
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def mirrored(test: Path) -> bool:
    """Tell whether a test stands where what it tests stands: tests/trust/test_journal*.py for trust/journal*."""
    subject = test.stem.removeprefix("test_")
    parent = test.parent.relative_to(ROOT / "tests")
    roots = (ROOT / "src" / "lienthong", ROOT)
    names = {
        path.stem.lstrip("_") for root in roots for path in (root / parent).glob("*") if path.name != "__init__.py"
    }
    # A subject large enough for several files of tests: test_journal_faults.py belongs to journal.py. And a
    # package may be tested as a whole: tests/directory/test_directory_offline.py.
    names |= {parent.name} - {""}
    return any(subject == one or subject.startswith(f"{one}_") for one in names)


def test_tests_mirror_sources() -> None:
    # Those of conformance follow the sections of X-Road's interface instead.
    outside = {ROOT / "tests", ROOT / "tests" / "conformance"}
    nested = [path for path in TESTS if path.name.startswith("test_") and path.parent not in outside]
    assert nested, "no tests were found"
    assert [path.relative_to(ROOT).as_posix() for path in nested if not mirrored(path)] == []


def test_every_room_has_tests() -> None:
    rooms = {path.parent for path in SOURCES if path.name != "__init__.py"} - {ROOT / "src" / "lienthong"}
    # Every test of the office runs on what the migrations made.
    rooms = {room for room in rooms if room.name != "migrations"}
    untested = [
        room.relative_to(ROOT).as_posix()
        for room in sorted(rooms)
        if not list((ROOT / "tests" / room.relative_to(ROOT / "src" / "lienthong")).glob("test_*.py"))
    ]
    assert untested == []


@pytest.mark.parametrize("word", [*HOSTS, *HOMES])
def test_no_file_names_a_package_index_or_a_persons_folder(word: str) -> None:
    assert [path for path, text in texts() if word in text] == []


def test_what_is_not_done_is_not_in_a_comment() -> None:
    assert [path for path, text in texts() if NOTES.search(text)] == []


def test_every_dependency_has_its_reason() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").partition("## From Debian")[0]
    explained = {name(row) for row in re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)}
    assert explained == declared()


def test_every_import_is_declared() -> None:
    brought_by, known = packages_distributions(), declared() | {"lienthong"}
    undeclared: set[str] = set()
    for path in [*SOURCES, *TESTS, *SCRIPTS]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            packages = {module.partition(".")[0] for module in modules}
            names = {name(each) for package in packages for each in brought_by.get(package, ())}
            if names and not names & known:
                undeclared.add(f"{path.relative_to(ROOT).as_posix()}: {', '.join(names)}")
    assert undeclared == set()


def test_the_lock_holds_every_dependency_with_hashes_and_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"^(?=\w)", lock, flags=re.MULTILINE)[1:]
    assert declared(everything=False) <= {name(entry) for entry in entries}
    assert [name(entry) for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock


def test_every_target_of_make_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE))
    assert {"help", "demo", "test", "lint", "types", "bench", "docs"} <= targets
    assert targets == set(re.findall(r"^([a-z-]+):.* ## \S", makefile, re.MULTILINE))


def test_every_rule_left_out_has_a_reason_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text[text.index("[tool.ruff.lint]") : text.index("[tool.mypy]")]
    rules = re.findall(r'^  "[A-Z]+\d*",.*$', section, re.MULTILINE)
    assert rules, "no rule was found"
    assert [rule for rule in rules if not re.search(r"# \S+ \S+", rule)] == []


def test_silenced_checks_name_the_rule_and_the_reason() -> None:
    bare = re.compile(r"# (?:noqa(?!: [A-Z]+\d+(?:, ?[A-Z]+\d+)* - \S)|type: ignore(?!\[[a-z-, ]+\]  # \S)|pragma: no)")
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{number}"
        for path in [*SOURCES, *SCRIPTS, *TESTS]
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(line)
    ]
    assert found == []


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "adr"
    listed = set(re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in folder.glob("[0-9]*.md")}


def test_shell_scripts_may_be_run() -> None:
    scripts = [
        ROOT / ".ci" / "run",
        *(path for path in (ROOT / "tools").iterdir() if path.is_file() and not path.suffix),
    ]
    assert [path.name for path in scripts if not path.stat().st_mode & 0o111] == []
