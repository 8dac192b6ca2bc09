"""Where a passphrase or a PIN comes from: a file, a descriptor or a prompt; never the command line.

Arguments are visible to every user of the machine and stay in the shell's history; so do values of
environment variables in crash reports, which is why the variable names a file.
"""

import getpass
import os
import sys
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from lienthong.trust.errors import KeyStoreError

PASSPHRASE_VARIABLE: Final = "LIENTHONG_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable
PIN_VARIABLE: Final = "LIENTHONG_PIN_FILE"
_MAX_SIZE: Final = 4096


def passphrase_from(
    environ: Mapping[str, str] = os.environ,
    *,
    variable: str = PASSPHRASE_VARIABLE,
    prompt: str = "Passphrase: ",
    confirm: bool = False,
    ask: Callable[[str], str] | None = None,
) -> bytes:
    """Read a passphrase from the file that a variable names, else ask for it.

    The file may be a descriptor (``/dev/fd/3``). It is not refused for being readable by others, as key
    stores are: container platforms mount secrets that way. One line end at its end is dropped. Text is
    normalised (NFC, as RFC 8265 section 4.2 does), because keyboards write Vietnamese in two ways.

    Args:
        environ: the environment.
        variable: which variable names the file.
        prompt: what to ask.
        confirm: ask twice; for a new passphrase.
        ask: asks without echo; a terminal unless given.

    Raises:
        KeyStoreError: the file cannot be read, there is no terminal, the two answers differ, it is empty.
    """
    if path := environ.get(variable):
        passphrase = _normal(_read(Path(path), variable))
    else:
        ask = ask or _terminal(variable)
        passphrase = _typed(ask(prompt))
        if confirm and _typed(ask(f"Again, {prompt[0].lower()}{prompt[1:]}")) != passphrase:
            raise KeyStoreError("the two passphrases differ", hint="Type the same twice.")
    if not passphrase:
        raise KeyStoreError("nothing was given", hint=f"Type it, or name a file that holds it in {variable}.")
    return passphrase


def _read(path: Path, variable: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_SIZE + 1)
    except OSError as error:
        raise KeyStoreError(f"{path}: {error.strerror}", hint=f"Correct the path in {variable}.") from None
    if len(data) > _MAX_SIZE:
        raise KeyStoreError(f"{path} is larger than {_MAX_SIZE} bytes", hint=f"Correct the path in {variable}.")
    return data.removesuffix(b"\n").removesuffix(b"\r")


def _typed(text: str) -> bytes:
    # A terminal in another encoding yields surrogates for the bytes it could not decode.
    return _normal(text.encode(errors="surrogateescape"))


def _normal(passphrase: bytes) -> bytes:
    try:
        return unicodedata.normalize("NFC", passphrase.decode()).encode()
    except UnicodeDecodeError:
        return passphrase


def _terminal(variable: str) -> Callable[[str], str]:
    if not sys.stdin.isatty():
        raise KeyStoreError("there is no terminal to ask at", hint=f"Name a file that holds it in {variable}.")
    return getpass.getpass
