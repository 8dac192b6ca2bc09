"""Names of attachments, which strangers choose, made into names of files that are safe everywhere."""

import re
import unicodedata
from typing import Final

MAX_NAME: Final = 512
"""Characters of a name that are looked at: bringing marks into order takes the square of their number."""
_MAX_BYTES: Final = 180
"""Of a name: systems allow 255, and numbers may have to be put behind it."""
_MAX_SUFFIX: Final = 12
_SEPARATORS: Final = re.compile(r"[/\\]")
# Signs that look like separators, and that some programs take for them.
_SLASHES: Final = {ord(each): "/" for each in "\u2044\u2215\u29f8\uff0f\uff3c\u29f5\u2216\ufe68"}
# What Windows forbids, and what shells and terminals take for their own.
_FORBIDDEN: Final = re.compile(r"[<>:\"|?*\x00-\x1f\x7f]")
_DEVICES: Final = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])(?:\.|\s|$)", re.IGNORECASE
)
# Controls, marks of direction and other signs without a shape, private and unassigned ones, separators of lines.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters of the Cyrillic and Greek alphabets that look like Latin ones, as Unicode's list of confusables has them.
_LOOKALIKES: Final = str.maketrans(
    "АВЕЅЗІЈКМНОРСТУХаеіјорсухѕһԁԛԝ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορυι" + "Ð",
    "ABES3IJKMHOPCTYXaeijopcyxshdqw" + "ABEZHIKMNOPTYXavopui" + "Đ",
)


def safe_name(name: str, number: int) -> str:
    """Return a name that is safe for a file: one component, visible, no device, no longer than systems allow.

    Args:
        name: as the packet has it.
        number: of the attachment, for one whose name has nothing that can be used.
    """
    return _cut(_cleaned(name)) or f"attachment-{number}"


def _cleaned(name: str) -> str:
    """Return a name that is safe but for its length; empty if nothing of it can be used."""
    last = _SEPARATORS.split(unicodedata.normalize("NFC", name[:MAX_NAME].translate(_SLASHES)))[-1]
    shown = "".join(each for each in last if unicodedata.category(each) not in _UNSEEN)
    plain = " ".join(_FORBIDDEN.sub("_", shown).split()).strip(". ")
    if plain.startswith(("-", "~")):
        plain = f"_{plain}"
    if _DEVICES.match(plain):
        plain = f"_{plain}"
    return unicodedata.normalize("NFC", plain)


def look(name: str) -> str:
    """Return what a name looks like: the same for names that can be mistaken for each other."""
    text = unicodedata.normalize("NFKC", _cleaned(name).translate(_LOOKALIKES)).casefold()
    return unicodedata.normalize("NFC", text.translate(_LOOKALIKES))


def confusable(name: str) -> bool:
    """Tell whether a name has Latin letters and ones of other alphabets that look like them."""
    kinds = {unicodedata.name(each, "").partition(" ")[0] for each in name if each.isalpha()}
    return "LATIN" in kinds and bool(kinds & {"CYRILLIC", "GREEK", "FULLWIDTH", "MATHEMATICAL"})


def numbered(name: str, number: int) -> str:
    """Return a name with a number before its extension: ``report (2).pdf``."""
    stem, dot, suffix = name.rpartition(".")
    if not dot or not stem or len(suffix) > _MAX_SUFFIX:
        return f"{name} ({number})"
    return f"{stem} ({number}).{suffix}"


def _cut(name: str) -> str:
    if len(name.encode()) <= _MAX_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    end = f".{suffix}" if dot and stem and len(suffix) <= _MAX_SUFFIX else ""
    kept = (stem if end else name).encode()[: _MAX_BYTES - len(end.encode())].decode(errors="ignore")
    return kept.rstrip(". ") + end
