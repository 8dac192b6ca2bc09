"""Names of files that travel: what a person, a browser and a file system read alike."""

import unicodedata
from typing import Final

MAX_NAME: Final = 255
"""Bytes of a name, in UTF-8: no file system takes more."""
_FORBIDDEN: Final = frozenset('/\\:*?"<>|')
_PLAIN: Final = "_"
_EMPTY: Final = "file"


def is_sound(name: str) -> bool:
    """Tell whether a name may stand as it is: NFC, visible, no path, no change of direction."""
    return bool(name) and name == sound(name)


def sound(name: str) -> str:
    """Return a name as it may travel: what may not stand in it is replaced; one too long keeps its extension."""
    visible = "".join(_PLAIN if c in _FORBIDDEN else c for c in unicodedata.normalize("NFC", name) if _stands(c))
    bare = visible.strip(" .") or _EMPTY
    if len(bare.encode()) <= MAX_NAME:
        return bare
    stem, dot, extension = bare.rpartition(".")
    if not dot or len(extension.encode()) > MAX_NAME // 4:
        stem, dot, extension = bare, "", ""
    room = MAX_NAME - len((dot + extension).encode())
    return (stem.encode()[:room].decode(errors="ignore").strip(" .") or _EMPTY) + dot + extension


def key(name: str) -> str:
    """Return what two names of one document must not share."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())


def _stands(character: str) -> bool:
    # Control, format (changes of direction, invisible joiners), surrogates, private use, unassigned, line ends.
    return character == " " or not unicodedata.category(character).startswith(("C", "Z"))
