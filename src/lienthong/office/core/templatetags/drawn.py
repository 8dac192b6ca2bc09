"""A part of a page that is drawn once, not for every reader: ``{% once rooms room_key %}…{% endonce %}``."""

from typing import Any, Final

from django import template
from django.template.base import Node, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register: Final = template.Library()
MOST: Final = 500
"""How many drawings of one part are kept: far more than rooms, languages and roles make."""


class Once(Node):
    """Keeps what it drew, by language and the values of the variables it names. It sees no others."""

    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList, names: list[str]) -> None:
        """Keep nothing yet."""
        self.nodelist = nodelist
        self._names = names
        self._drawn: dict[tuple[Any, ...], SafeString] = {}

    @property
    def kept(self) -> int:
        """How many drawings are kept."""
        return len(self._drawn)

    def render(self, context: Context) -> SafeString:
        """Return the drawing, made now only if there is none."""
        values = [context.get(name, "") for name in self._names]
        key = (get_language(), *values)
        found = self._drawn.get(key)
        if found is None:
            # Of its own: what this part does not name, such as the reader, cannot get into what others are shown.
            alone = Context(dict(zip(self._names, values, strict=True)))
            with alone.bind_template(context.template):  # type: ignore[arg-type]  # there is one while it is rendered
                found = self.nodelist.render(alone)
            if len(self._drawn) >= MOST:
                self._drawn.clear()
            self._drawn[key] = found
        return found


@register.tag
def once(parser: Parser, token: Token) -> Once:
    """Draw what stands up to ``endonce`` once for each language and each set of values of the named variables.

    The values are keys of what is kept: few, and the same for many readers.
    """
    names = token.split_contents()[1:]
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    return Once(nodelist, names)
