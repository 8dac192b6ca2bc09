"""Small pieces of pages that Python writes faster, or better, than a template."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from lienthong.kernel.labels import Level
from lienthong.profiles import load
from lienthong.profiles.base import Language

register: Final = template.Library()

# Django's names of message levels: ours.
_NOTICES: Final = {
    "success": ("good", "check"),
    "warning": ("warn", "alert"),
    "error": ("bad", "error"),
}


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Return an icon of the sprite, by its name in assets/icons.json. It says nothing to a screen reader."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("core/icons.svg"), name)


@register.filter
def label(level: int) -> SafeString:
    """Return the tag of a level of secrecy (its number): word, border and sign, so that colour is never all."""
    return format_html('<span class="tag label-{}">{}</span>', Level(level).slug, level_name(level))


@register.filter
def level_name(level: int) -> str:
    """Return what the profile's law calls a level (its number), in the reader's language."""
    return _level_name(level, get_language() or settings.LANGUAGE_CODE)


@cache
def _level_name(level: int, language: str) -> str:
    return load(settings.LIENTHONG_PROFILE).labels[Level(level)].names.of(Language(language))


@register.filter
def ability_items(abilities: Iterable[Mapping[str, Any]]) -> SafeString:
    """Return what somebody may do, as the items of core/abilities.html: with a link, or with the reason why not."""
    refused = gettext("Not allowed:")
    return mark_safe("\n".join(_ability(each, refused) for each in abilities))  # noqa: S308 - escaped part by part


def _ability(ability: Mapping[str, Any], refused: str) -> str:
    title, url, reason = (escape(str(ability.get(name) or "")) for name in ("title", "url", "reason"))
    if ability["may"]:
        text = f'<a href="{url}">{title}</a>' if url else title
        return f"<li>{icon('check')}<span>{text}</span></li>"
    why = f" <small>({reason})</small>" if reason else ""
    hidden = f'<span class="visually-hidden">{escape(refused)}</span>'
    return f'<li class="refused">{icon("lock")}<span>{hidden} {title}{why}</span></li>'


@register.filter
def notice_class(level_tag: str) -> str:
    """Return the end of the class ``notice-…`` for a message's level."""
    return _NOTICES.get(level_tag, ("news", "info"))[0]


@register.filter
def notice_icon(level_tag: str) -> SafeString:
    """Return the icon for a message's level."""
    return icon(_NOTICES.get(level_tag, ("news", "info"))[1])
