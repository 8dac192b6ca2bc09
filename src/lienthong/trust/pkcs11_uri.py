"""What an operator writes to name a token and something in it: a PKCS #11 URI (RFC 7512), as far as it is needed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from lienthong.trust.errors import KeyStoreError

SCHEME: Final = "pkcs11:"
_HINT: Final = "Write pkcs11:token=LABEL?module-path=/PATH, with the PIN in a file and nowhere else."


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUri:
    """Where a token is."""

    # The token maker's PKCS #11 library.
    library: Path
    token: str
    # Label of an object in it; "" where none is named.
    label: str
    # A file that holds the PIN of the token's user; None where none is named.
    pin: Path | None


def parse(text: str, where: str) -> TokenUri:
    """Read ``pkcs11:token=LABEL;object=LABEL?module-path=/PATH&pin-source=file:/PATH``.

    Args:
        text: the URI; other attributes are left alone, as RFC 7512 (section 2.4) lets one do.
        where: what it was written in, for the error. The text is not quoted: somebody may have written the PIN into it.

    Raises:
        KeyStoreError: it is none, names no token or library, or bears the PIN itself.
    """
    path, _, query = text.removeprefix(SCHEME).partition("?")
    named, asked = _attributes(path, ";"), _attributes(query, "&")
    if not text.startswith(SCHEME) or "pin-value" in asked or not named.get("token") or not asked.get("module-path"):
        raise KeyStoreError(f"{where}: no PKCS #11 URI that can be used", hint=_HINT)
    pin = asked.get("pin-source", "").removeprefix("file:")
    return TokenUri(
        library=Path(asked["module-path"]), token=named["token"], label=named.get("object", ""),
        pin=Path(pin) if pin else None,
    )  # fmt: skip


def _attributes(text: str, separator: str) -> dict[str, str]:
    pairs = (part.partition("=")[::2] for part in text.split(separator))
    return {name: unquote(value) for name, value in pairs}
