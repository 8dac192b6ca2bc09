"""OpenAPI descriptions as they are handed out: the same document, without the addresses inside the organ.

A description comes from an organ's own system and is not trusted: it is bounded before it is read, YAML
is never turned into objects, and aliases stay aliases (unfolded, a few of them make gigabytes). Text and order
of everything else stay as they are; comments, which may say anything, do not.
"""

import json
from typing import Any, Final

import yaml

MAX_DESCRIPTION: Final = 4 * 1024 * 1024
"""Bytes of a description."""
JSON: Final = "application/json;charset=utf-8"
YAML: Final = "application/yaml;charset=utf-8"
_SERVERS: Final = "servers"
_SERVER: Final = "server"
_URL: Final = "url"
# Relative to wherever the caller reaches the service: the address it calls already.
_HERE: Final = "/"
_TAG: Final = "tag:yaml.org,2002:"
_TAGS: Final = frozenset({"binary", "bool", "float", "int", "map", "merge", "null", "seq", "str", "timestamp", "value"})
_MAX_NODES: Final = 500_000
"""Values of a document in YAML, aliases unfolded: what a reader of it has to bear."""


class DescriptionInvalid(ValueError):
    """It is not a description that can be handed out."""


def anonymised(data: bytes) -> tuple[bytes, str]:
    """Return a description without its servers' addresses, and its media type.

    Every list ``servers`` becomes one entry with the address ``/``, in operations and paths too, and so does the
    ``server`` of a link.

    Raises:
        DescriptionInvalid: too large, not JSON or YAML, or not a description of OpenAPI.
    """
    if len(data) > MAX_DESCRIPTION:
        raise DescriptionInvalid(f"{len(data)} bytes where {MAX_DESCRIPTION} are allowed")
    try:
        if data.lstrip().startswith(b"{"):
            return _json(data), JSON
        return _yaml(data), YAML
    except RecursionError:
        raise DescriptionInvalid("nested too deeply") from None
    except (ValueError, yaml.YAMLError) as error:
        raise DescriptionInvalid(str(error).partition("\n")[0][:200]) from error


def _json(data: bytes) -> bytes:
    document = json.loads(data)
    if not isinstance(document, dict) or "openapi" not in document:
        raise DescriptionInvalid("no OpenAPI document")
    return json.dumps(_without_servers(document), ensure_ascii=False).encode()


def _without_servers(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can be
    if isinstance(value, list):
        return [_without_servers(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _without_servers(item) for name, item in value.items()}
    servers, server = value.get(_SERVERS), value.get(_SERVER)
    if isinstance(servers, list) and any(isinstance(each, dict) and _URL in each for each in servers):
        kept[_SERVERS] = [{_URL: _HERE}]
    if isinstance(server, dict) and _URL in server:
        kept[_SERVER] = {_URL: _HERE}
    return kept


def _yaml(data: bytes) -> bytes:
    # Not the loader in C: its recursion is not bounded by the interpreter's.
    document = yaml.compose(data.decode(), Loader=yaml.SafeLoader)
    if not isinstance(document, yaml.MappingNode) or "openapi" not in _keys(document):
        raise DescriptionInvalid("no OpenAPI document")
    _unfolded(document, {})
    _hide(document)
    # As nodes: no value is read as a date or a number and written back as another one.
    return yaml.serialize(document, Dumper=yaml.SafeDumper, allow_unicode=True).encode()


def _hide(document: yaml.Node) -> None:
    """Take the addresses out where they stand: an alias elsewhere must not keep what is hidden here."""
    seen: set[int] = set()
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                _hide_under(key, value)
                waiting += (key, value)


def _unfolded(node: yaml.Node, known: dict[int, int]) -> int:
    """Count values as if every alias were written out, each node once."""
    counted = known.get(id(node))
    if counted is not None:
        if not counted:
            raise DescriptionInvalid("an alias to what it is part of")
        return counted
    if not node.tag.startswith(_TAG) or node.tag.removeprefix(_TAG) not in _TAGS:
        raise DescriptionInvalid(f"the tag {node.tag[:80]}")
    known[id(node)] = 0
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        inner = node.value
    elif isinstance(node, yaml.MappingNode):
        inner = [part for pair in node.value for part in pair]
    total = 1 + sum(_unfolded(each, known) for each in inner)
    if total > _MAX_NODES:
        raise DescriptionInvalid(f"more than {_MAX_NODES} values")
    known[id(node)] = total
    return total


def _hide_under(key: yaml.Node, value: yaml.Node) -> None:
    if not isinstance(key, yaml.ScalarNode):
        return
    here = [(yaml.ScalarNode(f"{_TAG}str", _URL), yaml.ScalarNode(f"{_TAG}str", _HERE))]
    if key.value == _SERVERS and isinstance(value, yaml.SequenceNode):
        listed = [each for each in value.value if isinstance(each, yaml.MappingNode) and _URL in _keys(each)]
        for each in listed:
            each.value = here
        if listed:
            value.value = listed[:1]
    elif key.value == _SERVER and isinstance(value, yaml.MappingNode) and _URL in _keys(value):
        value.value = here


def _keys(node: yaml.MappingNode) -> set[str]:
    return {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
