"""Write docs/conformance.md: every line of the X-Road REST interface, and the tests that cover it."""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
LINES: Final = ROOT / "tests" / "conformance" / "lines.toml"
PAGE: Final = ROOT / "docs" / "conformance.md"
_HEAD: Final = """\
# Conformance with X-Road's REST interface

A system that is written for X-Road's REST interface (PR-REST 1.0.4, PR-MREST, and what servers of version 7.8 do) works
against a gateway unmodified. Each line below is a promise of that interface, with the tests that hold us to it: most of
them send bytes to a running `lienthong sandbox` and look at the bytes that a service of its own process receives. `make
docs` writes this page from `tests/conformance/lines.toml` and the tests' marks.
"""

_DIFFERENCES: Final = """
## What differs all the same

- Names of headers arrive in lower case, those of one name together; their values and order are kept.
- A path with `.` or `..` as a segment, or one that some services read so (encoded, also twice, with backslashes, `%00`,
  parameters, overlong UTF-8), is covered by no grant, not even by one of the whole service: `AccessDenied`.
- A body arrives with its length, whether it was sent with one or in chunks; trailers are left out.
- The words behind the status are those of the standard.
- The web server itself answers 400 or 431, without `X-Road-Error`, to what is no HTTP: bytes that no address or header
  may hold, contradictory lengths, more than 100 headers. What follows a `#` in an address it leaves out.
"""
_DEFECTS: Final = """
## Known defects

Tests that are expected to fail, and fail once they do not.

| Test | Why |
| --- | --- |
"""


class LineUnknown(Exception):
    """A test is marked with a line that the list does not have, or a test that is named does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One promise of the interface."""

    says: str
    # Tests named in the list itself, as file::function.
    tests: tuple[str, ...]
    # What is still to be built; empty for a line that must have a test.
    awaits: str


def listed(text: str) -> dict[str, Line]:
    """Read the list: ``Section: name`` to line, in its order."""
    return {
        f"{section['title']}: {line['name']}": Line(
            says=line["says"], tests=tuple(line.get("tests", ())), awaits=line.get("awaits", "")
        )
        for section in tomllib.loads(text)["section"]
        for line in section["line"]
    }


def marked(root: Path) -> dict[str, list[str]]:
    """Return what the tests are marked with: line to tests, in the order of files and functions."""
    found: dict[str, list[str]] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        for function in _tests(path):
            for line in _marks(function):
                found.setdefault(line, []).append(f"{path.relative_to(root).as_posix()}::{function.name}")
    return found


def defects(root: Path) -> dict[str, str]:
    """Return the tests of conformance that are expected to fail, and why."""
    return {
        f"{path.relative_to(root).as_posix()}::{function.name}": reason
        for path in sorted((root / "tests" / "conformance").rglob("test_*.py"))
        for function in _tests(path)
        for decorator in _decorators(function, "pytest.mark.xfail")
        for reason in (ast.literal_eval(each.value) for each in decorator.keywords if each.arg == "reason")
    }


def covered(lines: Mapping[str, Line], marks: Mapping[str, list[str]], root: Path) -> dict[str, list[str]]:
    """Return the tests of every line.

    Raises:
        LineUnknown: a mark that is not in the list, or a test of the list that is not there.
    """
    if unknown := sorted(marks.keys() - lines.keys()):
        raise LineUnknown(f"{marks[unknown[0]][0]} is marked {unknown[0]!r}")
    for name, line in lines.items():
        for test in line.tests:
            file, _, function = test.partition("::")
            if function not in {each.name for each in _tests(root / file)}:
                raise LineUnknown(f"{name!r} names {test}")
    return {name: [*marks.get(name, ()), *line.tests] for name, line in lines.items()}


def written(lines: Mapping[str, Line], tests: Mapping[str, list[str]], failing: Mapping[str, str]) -> str:
    """Return the page."""
    parts, section = [_HEAD], ""
    for name, line in lines.items():
        title = name.partition(": ")[0]
        if title != section:
            parts.append(f"\n## {title}\n\n| Line | Tests |\n| --- | --- |\n")
            section = title
        cell = _cell(tests[name]) or f"*not yet: {line.awaits}*"
        parts.append(f"| {line.says} | {cell} |\n")
    parts.append(_DIFFERENCES)
    if failing:
        parts += [_DEFECTS, *(f"| {_cell([test])} | {reason} |\n" for test, reason in failing.items())]
    return "".join(parts)


def _cell(tests: list[str]) -> str:
    """Name every file once."""
    by_file: dict[str, list[str]] = {}
    for test in tests:
        file, _, function = test.partition("::")
        by_file.setdefault(file, []).append(function)
    return "; ".join(
        f"[{file.removeprefix('tests/')}](../{file}): {', '.join(f'`{each}`' for each in functions)}"
        for file, functions in by_file.items()
    )


def _tests(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node


def _marks(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for decorator in _decorators(function, "pytest.mark.line"):
        yield from (ast.literal_eval(argument) for argument in decorator.args)


def _decorators(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> Iterator[ast.Call]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == name:
            yield decorator


def page(root: Path = ROOT) -> str:
    """Return what docs/conformance.md has to be."""
    lines = listed(LINES.read_text(encoding="utf-8"))
    return written(lines, covered(lines, marked(root), root), defects(root))


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"docs/{PAGE.name}")


if __name__ == "__main__":
    main()
