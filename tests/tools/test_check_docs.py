"""The check of links: what counts as dead."""

from pathlib import Path

import pytest

from tools.check_docs import anchors, dead_links, pages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "adr").mkdir(parents=True)
    (tmp_path / "docs" / "adr" / "0001.md").write_text("# One\n## What lost\n## What lost\n", encoding="utf-8")
    return tmp_path


def dead(folder: Path, text: str) -> list[str]:
    """Return what is said about a page docs/page.md with this text."""
    page = folder / "docs" / "page.md"
    page.write_text(text, encoding="utf-8")
    return list(dead_links(page, folder))


@pytest.mark.parametrize(
    "link",
    [
        "[x](adr/0001.md)",
        "[x](adr/0001.md#what-lost)",
        "[x](adr/0001.md#what-lost-1)",
        "[x](../docs/adr)",
        "[x](#here) \n# Here",
        '[x](adr/0001.md "title")',
        "[x](https://example.org/gone)",
        "`[x](gone.md)`",
        "```\n[x](gone.md)\n```",
    ],
)
def test_links_that_lead_somewhere(folder: Path, link: str) -> None:
    assert dead(folder, link) == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("[x](gone.md)", "docs/page.md: (gone.md) does not exist"),
        ("![x](adr/gone.png)", "docs/page.md: (adr/gone.png) does not exist"),
        ("[x](adr/0001.md#gone)", "docs/page.md: (adr/0001.md#gone) has no such heading"),
        ("[x](#gone)", "docs/page.md: (#gone) has no such heading"),
        ("[x](../../elsewhere.md)", "docs/page.md: (../../elsewhere.md) leaves the project"),
    ],
)
def test_links_that_lead_nowhere(folder: Path, link: str, said: str) -> None:
    assert dead(folder, link) == [said]


def test_anchors_keep_vietnamese_letters_and_skip_code() -> None:
    assert anchors("# Liên thông: `make demo` [now](x.md)\n```\n# not a heading\n```\n") == {"liên-thông-make-demo-now"}


def test_pages_are_those_at_the_top_and_under_docs(folder: Path) -> None:
    (folder / "README.md").touch()
    (folder / "src").mkdir()
    (folder / "src" / "notes.md").touch()
    assert [page.relative_to(folder).as_posix() for page in pages(folder)] == ["README.md", "docs/adr/0001.md"]
