"""A packet as a tree of small nodes, parsed within bounds, by names without their namespaces."""

from dataclasses import dataclass, field
from typing import Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from lienthong.profiles.vn.edxml.encoding import Text
from lienthong.profiles.vn.edxml.errors import PacketForbidden, PacketMalformed, PacketTooLarge
from lienthong.profiles.vn.edxml.limits import Budget

_LONG: Final = frozenset({"ContentTransferEncoded"})
"""Elements whose text is bounded by the size of the file only."""


@dataclass(slots=True, eq=False)
class Node:
    """An element."""

    name: str
    # URI; empty for none.
    namespace: str
    # From 1.
    line: int
    parent: "Node | None"
    # Local names → values.
    attributes: dict[str, str]
    children: list["Node"] = field(default_factory=list)
    # What stands directly in it, without blanks around.
    text: str = ""

    @property
    def place(self) -> str:
        """The names from the outside in, without the outermost two."""
        names: list[str] = []
        node: Node | None = self
        while node is not None:
            names.append(node.name)
            node = node.parent
        return "/".join(reversed(names[:-2] or names))

    def every(self, name: str) -> list["Node"]:
        """Return the children of that name."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> "Node | None":
        """Return the first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def find(self, name: str) -> "Node | None":
        """Return the first element of that name in it, itself included, in the order of the text."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if node.name == name:
                return node
            waiting.extend(reversed(node.children))
        return None


@dataclass(slots=True)
class _Open:
    """An element that has not ended, and its text so far."""

    node: Node
    texts: list[str] = field(default_factory=list)
    length: int = 0


class _Builder:
    """What the parser tells of elements, and where bounds are kept."""

    def __init__(self, budget: Budget, skipped: int) -> None:
        self.root: Node | None = None
        self.parser: DefusedXMLParser | None = None
        self._budget, self._skipped = budget, skipped
        self._open: list[_Open] = []
        self._namespaces = 0

    @property
    def line(self) -> int:
        return self._skipped + (self.parser.parser.CurrentLineNumber if self.parser is not None else 0)

    def start_ns(self, prefix: str, uri: str) -> None:
        del prefix, uri
        self._namespaces += 1
        if self._namespaces > self._budget.limits.namespaces:
            raise PacketTooLarge("too many namespaces at one place", line=self.line)

    def end_ns(self, prefix: str) -> None:
        del prefix
        self._namespaces -= 1

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        line = self.line
        self._budget.element(line)
        if len(self._open) >= self._budget.limits.depth:
            raise PacketTooLarge(f"elements more than {self._budget.limits.depth} deep", line=line)
        parent = self._open[-1].node if self._open else None
        uri, _, name = tag.rpartition("}")
        own = {key.rpartition("}")[2]: value for key, value in attributes.items()}
        node = Node(name=name, namespace=uri.removeprefix("{"), line=line, parent=parent, attributes=own)
        if parent is None:
            self.root = node
        else:
            parent.children.append(node)
        self._open.append(_Open(node))

    def data(self, text: str) -> None:
        if not self._open:
            return
        inner = self._open[-1]
        inner.length += len(text)
        if inner.length > self._budget.limits.text and inner.node.name not in _LONG:
            raise PacketTooLarge(
                f"more than {self._budget.limits.text} characters in one element", line=inner.node.line
            )
        inner.texts.append(text)

    def end(self, tag: str) -> None:
        del tag
        inner = self._open.pop()
        inner.node.text = "".join(inner.texts).strip()

    def close(self) -> None:
        pass


def parse(text: Text, budget: Budget) -> Node:
    """Parse a packet.

    Raises:
        PacketMalformed: it is not well-formed XML.
        PacketForbidden: it has a document type, and with it perhaps entities.
        PacketTooLarge: it goes beyond the budget.
    """
    budget.text(text.utf8)
    builder = _Builder(budget, text.skipped)
    parser = DefusedXMLParser(target=builder, encoding="utf-8", forbid_dtd=True)
    builder.parser = parser
    try:
        parser.feed(text.utf8)
        parser.close()
    except DefusedXmlException as error:
        raise PacketForbidden(line=builder.line) from error
    except ParseError as error:
        line = error.position[0] + text.skipped
        raise PacketMalformed(str(error).partition(":")[0], line=line) from error
    if builder.root is None:
        raise PacketMalformed("no element found", line=1)
    return builder.root
