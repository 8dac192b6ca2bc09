"""Names of files as they may be shown and saved: whatever came with them, one line, no path, no deception."""

import unicodedata
from typing import Final

from lienthong.office.documents.models.files import NAME_LENGTH

_FORBIDDEN: Final = frozenset('/\\:*?"<>|')
# Names of devices, with whatever ending, on the systems of some readers.
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}
)
_BYTES: Final = 240
_UNNAMED: Final = "tep"


def safe_name(given: str) -> str:
    """Return the name a file is kept under.

    NFC; nothing before a slash or backslash; no control or direction-changing sign, none that a file system forbids;
    no dot or space at either end; at most 240 bytes, the ending kept.
    """
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    visible = "".join("_" if sign in _FORBIDDEN else sign for sign in last if unicodedata.category(sign)[0] != "C")
    name = " ".join(visible.split()).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    if stem.casefold().split(".")[0] in _DEVICES:
        stem = f"_{stem}"
    stem, ending = stem or _UNNAMED, ending[:16]
    room = _BYTES - len(ending.encode()) - len(dot)
    stem = stem.encode()[:room].decode(errors="ignore").rstrip(". ")
    return f"{stem or _UNNAMED}{dot}{ending}"[:NAME_LENGTH]


def same_to_the_eye(one: str, other: str) -> bool:
    """Tell whether two names would be taken for each other: apart only in case, width or how signs are composed."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().translate(_LIKE)


# Letters of other alphabets that look like Latin ones in every common font.
_LIKE: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u0261\u03bf\u03bd", "aeopcyxijshdgov"
)
