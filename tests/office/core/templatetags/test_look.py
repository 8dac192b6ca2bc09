"""Small pieces of pages."""

import json
import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils.translation import override

import lienthong.office
from lienthong.kernel.labels import Level
from lienthong.office.core.templatetags.look import icon, label, level_name, notice_class

OFFICE = Path(lienthong.office.__file__).parent
ICONS = set(json.loads((OFFICE / "assets" / "icons.json").read_text()))


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    used = set()
    for path in [*OFFICE.rglob("*.html"), *OFFICE.rglob("*.py")]:
        if "node_modules" not in path.parts:
            used |= set(re.findall(r"""{% icon "([\w-]+)" %}|\bicon=?\(?"([\w-]+)\"""", path.read_text()))
    names = {name for pair in used for name in pair if name}
    assert len(names) > 10
    assert names <= ICONS


def test_an_icon_says_nothing_to_a_screen_reader() -> None:
    assert 'aria-hidden="true"' in icon("search")
    assert "#search" in icon("search")


@pytest.mark.parametrize(("language", "word"), [("vi", "Tối mật"), ("en", "Secret"), ("de", "Geheim")])
def test_a_label_is_a_word_in_the_readers_language(language: str, word: str) -> None:
    with override(language):
        assert level_name(Level.SECRET) == word
        assert label(Level.SECRET) == f'<span class="tag label-secret">{word}</span>'


def test_there_is_no_label_for_what_is_no_level() -> None:
    with pytest.raises(ValueError, match="9"):
        label(9)


def test_every_class_that_is_put_together_is_in_the_safelist() -> None:
    kept = set(json.loads((OFFICE / "assets" / "safelist.json").read_text())["standard"])
    assert {f"label-{level.slug}" for level in Level} <= kept
    assert {f"notice-{notice_class(tag)}" for tag in ("debug", "info", "success", "warning", "error")} <= kept


def test_what_an_object_is_called_cannot_become_markup() -> None:
    page = Template("{% load look %}{{ card.title }}{% icon name %}")
    shown = page.render(Context({"card": {"title": "<script>x</script>"}, "name": '"><b>'}))
    assert "<script>" not in shown
    assert "<b>" not in shown
