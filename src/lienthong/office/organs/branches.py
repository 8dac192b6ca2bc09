"""The tree as markup: written in one go, as a template's loop would cost more than the query."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.core.templatetags.look import label as label_tag
from lienthong.office.organs.holders import Post
from lienthong.office.organs.profile import type_name
from lienthong.office.organs.selectors import Branch, Narrow


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which tree is shown."""

    # None: today's.
    on: date | None = None
    narrow: Narrow = field(default_factory=Narrow)
    # The unit that a link leads to.
    current: int | None = None

    def query(self, **more: object) -> str:
        """Return the same as the end of an address, beginning with a question mark unless it is empty."""
        facts = {
            "on": self.on.isoformat() if self.on else "",
            "bloc": self.narrow.bloc,
            "tier": self.narrow.tier,
            **more,
        }
        text = urlencode({name: value for name, value in facts.items() if value})
        return f"?{text}" if text else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """What was read of a tree."""

    asked: Asked
    # By the id of what they stand under.
    branches: Mapping[int | None, list[Branch]]
    posts: Mapping[int, list[Post]]
    # Ids of the units whose children are there already.
    opened: Collection[int]

    def markup(self, under: int | None) -> SafeString:
        """Return the items under a unit: its positions, then departments, then organs."""
        posts = [_post(post) for post in self.posts.get(under or 0, ())]
        units = [self._item(branch) for branch in self.branches.get(under, ())]
        return mark_safe("".join([*posts, *units]))  # noqa: S308 - every part is escaped where it is made

    def _item(self, branch: Branch) -> str:
        name, number = escape(branch.name), branch.id
        note = f'<span class="tree-note">{escape(type_name(branch.type))}</span>' if branch.type else ""
        if branch.label >= Level.CONFIDENTIAL:
            note += f" {label_tag(branch.label)}"
        current = ' aria-current="page"' if number == self.asked.current else ""
        link = f'<a class="tree-name plain" href="/units/{number}/"{current}>{name}</a>{note}'
        if not branch.more:
            return f'<li id="u{number}"><span class="twist"></span>{link}</li>'
        opened = number in self.opened
        below = self.markup(number) if opened else ""
        state = ' data-open=""' if opened else ""
        text = escape(_("Open {unit}").format(unit=branch.name))
        there = escape(f"/units/{self.asked.query(open=number)}#u{number}")
        twist = f'<a class="twist" href="{there}" aria-label="{text}"></a>'
        return f'<li id="u{number}"{state}>{twist}{link}<ul id="b{number}">{below}</ul></li>'


def links(branches: Iterable[Branch]) -> SafeString:
    """Return the items of a plain list of units."""
    return mark_safe("\n".join(map(_link, branches)))  # noqa: S308 - every part is escaped where it is made


def _link(branch: Branch) -> str:
    tag = f" {label_tag(branch.label)}" if branch.label >= Level.CONFIDENTIAL else ""
    return f'<li><a href="/units/{branch.id}/">{escape(branch.name)}</a>{tag}</li>'


def _post(post: Post) -> str:
    names = ", ".join(holder.name for holder in post.holders)
    text = f"{post.title}: {names}" if names else post.title
    return (
        f'<li class="tree-post"><span class="twist"></span>'
        f'<a class="tree-name plain" href="/units/{post.unit}/#p{post.id}">{escape(text)}</a></li>'
    )


def by_parent(branches: Iterable[Branch]) -> dict[int | None, list[Branch]]:
    """Return branches by what they stand under, in their order."""
    found: dict[int | None, list[Branch]] = {}
    for branch in branches:
        found.setdefault(branch.parent, []).append(branch)
    return found


def by_unit(posts: Iterable[Post]) -> dict[int, list[Post]]:
    """Return positions by their unit, in their order."""
    found: dict[int, list[Post]] = {}
    for post in posts:
        found.setdefault(post.unit, []).append(post)
    return found
