"""How a packet is built, beside how the format would have it: namespaces, spelling, order, what does not belong."""

from typing import Final

from lienthong.profiles.vn.edxml import layout
from lienthong.profiles.vn.edxml.errors import PacketUnknown
from lienthong.profiles.vn.edxml.oddities import Notes, Oddity
from lienthong.profiles.vn.edxml.tree import Node

_APART: Final = frozenset({"Signature", "DigitalSignature", "Extension"})
"""Elements whose inside is not the format's."""
# How the word is spelt, and how the format spells it.
_ENGLISH: Final = "Business"
_FORMAT: Final = "Bussiness"
# Some producers give a status an element of its own.
_STATUS: Final = "Status"


def header_of(root: Node) -> Node:
    """Return the element that holds what is said of the document, or of its state.

    Raises:
        PacketUnknown: there is none.
    """
    header = root.find("MessageHeader") or root.find(_STATUS)
    if header is None:
        raise PacketUnknown(f"no MessageHeader in {root.name}", line=root.line)
    return header


def is_status(header: Node) -> bool:
    """Tell whether a header is that of a status packet."""
    return header.name == _STATUS or header.first("StatusCode") is not None


def inspect(root: Node, notes: Notes) -> None:
    """Note how a packet differs from the format; names that are spelt otherwise are put right in the tree."""
    _spell(root, notes)
    if root.name != layout.ROOT:
        notes.add(Oddity.ROOT, root.name, line=root.line)
    foreign: set[str] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.namespace != layout.NAMESPACE and node.namespace not in foreign:
            foreign.add(node.namespace)
            notes.add(Oddity.NAMESPACE, node.place, line=node.line, detail=node.namespace)
        order = (
            layout.STATUS_HEADER if node.name == "MessageHeader" and is_status(node) else layout.ORDER.get(node.name)
        )
        if order is not None:
            _compare(node, order, notes)
        waiting.extend(child for child in reversed(node.children) if child.name not in _APART)


def _spell(root: Node, notes: Notes) -> None:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.name.startswith(_ENGLISH):
            notes.add(Oddity.SPELLING, node.place, line=node.line)
            node.name = _FORMAT + node.name.removeprefix(_ENGLISH)
        waiting.extend(child for child in node.children if child.name not in _APART)


def _compare(node: Node, order: tuple[str, ...], notes: Notes) -> None:
    furthest, seen = 0, set[str]()
    for child in node.children:
        if child.name not in order:
            notes.add(Oddity.UNKNOWN_ELEMENT, child.place, line=child.line)
            continue
        if child.name in seen and (node.name, child.name) not in layout.MANY:
            notes.add(Oddity.REPEATED, child.place, line=child.line)
        seen.add(child.name)
        at = order.index(child.name)
        if at < furthest:
            notes.add(Oddity.ORDER, node.place, line=child.line, detail=child.name)
        furthest = max(furthest, at)
