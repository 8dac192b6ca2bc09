"""Elements as they are written: the names, the order and the prefixes are the caller's, the escaping is done here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from lienthong.profiles.vn.edxml.errors import PacketIncomplete

# What XML 1.0 cannot carry (section 2.2), lone surrogates among it.
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A carriage return that stands as it is becomes a line feed when it is read.
_KEPT: Final = {"\r": "&#13;"}


@dataclass(frozen=True, slots=True)
class Element:
    """An element with either text or children."""

    name: str
    text: str = ""
    children: Sequence["Element"] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


def some(name: str, text: str | int | None) -> tuple[Element, ...]:
    """Return an element with that text, or none for no text."""
    return () if text is None or text == "" else (Element(name, str(text)),)


def group(name: str, *children: Sequence[Element]) -> tuple[Element, ...]:
    """Return an element with those children, or none if there are none."""
    inner = [each for some_of_them in children for each in some_of_them]
    return (Element(name, children=inner),) if inner else ()


def prefixed(element: Element, prefix: str) -> Element:
    """Return an element with a prefix before its name and those of all in it, but where there is one already."""
    name = element.name if ":" in element.name else f"{prefix}:{element.name}"
    return replace(element, name=name, children=[prefixed(each, prefix) for each in element.children])


def written(root: Element) -> bytes:
    """Return an XML document, UTF-8.

    Raises:
        PacketIncomplete: a text has characters that XML cannot carry.
    """
    out = StringIO()
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    _write(root, out, 0)
    return out.getvalue().encode()


def _write(element: Element, out: StringIO, depth: int) -> None:
    attributes = "".join(f" {name}={quoteattr(value, _KEPT)}" for name, value in element.attributes.items())
    indent = "  " * depth
    out.write(f"{indent}<{element.name}{attributes}")
    if element.children:
        out.write(">\n")
        for child in element.children:
            _write(child, out, depth + 1)
        out.write(f"{indent}</{element.name}>\n")
    elif element.text:
        if found := _FORBIDDEN.search(element.text):
            raise PacketIncomplete(f"{element.name.partition(':')[2] or element.name} has the character {found[0]!r}")
        out.write(f">{escape(element.text, _KEPT)}</{element.name}>\n")
    else:
        out.write("/>\n")
