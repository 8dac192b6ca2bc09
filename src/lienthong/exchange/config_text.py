"""Writing a configuration as TOML."""

import json
from collections.abc import Iterable, Mapping


def table(name: str, values: Mapping[str, object]) -> str:
    """Write ``[name]`` and its values; what is None is left out, and without a name it is the beginning of a file."""
    head = f"\n[{name}]\n" if name else ""
    return head + _lines(values)


def tables(name: str, items: Iterable[Mapping[str, object]]) -> str:
    """Write a ``[[name]]`` for each item."""
    return "".join(f"\n[[{name}]]\n{_lines(values)}" for values in items)


def _lines(values: Mapping[str, object]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in values.items() if value is not None)


def _value(value: object) -> str:
    # JSON's texts, numbers, truths and lists of them are also TOML's.
    match value:
        case bool() | int() | float():
            return json.dumps(value)
        case dict():
            return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
        case tuple() | list():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return json.dumps(str(value), ensure_ascii=False)
