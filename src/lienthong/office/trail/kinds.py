"""What the kinds of entries in the audit trail are called on pages."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise

_TEXTS: Final[dict[str, Promise]] = {}


def register[Kind: str](texts: Mapping[Kind, Promise]) -> None:
    """Name an application's kinds; called once, when Django starts.

    Args:
        texts: each kind and what was done, such as “suspended a person”.
    """
    _TEXTS.update({str(kind): text for kind, text in texts.items()})


def text_of(kind: str) -> str:
    """Return what a kind is called in the reader's language; its code for one that is no longer known."""
    return str(_TEXTS.get(kind, kind))


def choices() -> list[tuple[str, str]]:
    """Return all kinds with their texts, in order of the texts."""
    return sorted(((kind, str(text)) for kind, text in _TEXTS.items()), key=lambda choice: choice[1])
