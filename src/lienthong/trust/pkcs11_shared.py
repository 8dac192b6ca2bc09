"""One login to each token in a process: PKCS #11 lets an application log in once, whatever it keeps there.

Needs python-pkcs11 only when a token is opened.
"""

import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lienthong.trust.errors import PinRefused
from lienthong.trust.keystore_pkcs11 import open_token

if TYPE_CHECKING:
    # Only when a token is opened: python-pkcs11 is an extra.
    from lienthong.trust.pkcs11_token import Token

_opened: Final[dict[tuple[Path, str], "Token"]] = {}
# Digests of PINs that tokens refused.
_refused: Final[dict[tuple[Path, str], bytes]] = {}
_opening: Final = threading.Lock()


def shared_token(library: Path, label: str, pin: Callable[[], bytes]) -> "Token":
    """Return a token that is logged in to, once in a process and for all who ask; it stays so.

    A PIN that was refused is not tried again: people who press a button twice would lock the token.

    Args:
        library: the token maker's PKCS #11 library.
        label: the token's label.
        pin: returns the PIN of its user; asked only if it is not open.

    Raises:
        PinRefused: the PIN is wrong, or was before.
        KeyStoreError: the token refuses, is not there, or python-pkcs11 is not installed.
    """
    place = (library, label)
    with _opening:
        if (found := _opened.get(place)) is not None and not found.closed:
            return found
        given = pin()
        if _refused.get(place) == sha256(given).digest():
            raise PinRefused(f"token “{label}”: refused before, and not tried again")
        try:
            _opened[place] = open_token(library, label, given)
        except PinRefused:
            _refused[place] = sha256(given).digest()
            raise
        return _opened[place]
