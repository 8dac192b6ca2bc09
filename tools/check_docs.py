"""Check that every link between the Markdown files of the project leads somewhere."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent

_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(\s*<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
_ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def pages(root: Path) -> list[Path]:
    """Return the Markdown files: those at the top and all under docs/."""
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


def anchors(text: str) -> set[str]:
    """Return the names a link can put after '#', made from the headings as GitHub and GitLab make them."""
    names: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        base = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        name, number = base, 0
        while name in names:
            number += 1
            name = f"{base}-{number}"
        names.add(name)
    return names


def dead_links(page: Path, root: Path) -> Iterator[str]:
    """Yield a sentence for each link of a page that leads nowhere inside the project."""
    text = page.read_text(encoding="utf-8")
    for target in _LINK.findall(_CODE.sub("", _FENCE.sub("", text))):
        if _ELSEWHERE.match(target):
            continue
        path, _, anchor = unquote(target).partition("#")
        goal = (page.parent / path).resolve() if path else page
        where = f"{page.relative_to(root)}: ({target})"
        if not goal.is_relative_to(root):
            yield f"{where} leaves the project"
        elif not goal.exists():
            yield f"{where} does not exist"
        elif anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text(encoding="utf-8")):
            yield f"{where} has no such heading"


def main() -> int:
    """Print the links that lead nowhere; return 0 when there are none, else 1."""
    found = pages(ROOT)
    dead = [line for page in found for line in dead_links(page, ROOT)]
    print("\n".join(dead) if dead else f"All links between {len(found)} pages lead somewhere.")
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
