"""The key that signs sessions and links: a file of its own, never an environment variable."""

import os
import secrets
from pathlib import Path
from typing import Final

_NAME: Final = "secret-key"
_BYTES: Final = 48


def load_key(state: Path) -> str:
    """Return the installation's secret key, made on the first start.

    Args:
        state: the folder of the office; made when missing (mode 0700). The file has mode 0600.
    """
    path = state / _NAME
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = secrets.token_urlsafe(_BYTES)
    own = path.with_name(f"{_NAME}.{os.getpid()}")
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(key)
    try:
        # Of several processes that start together one wins, and all use its key.
        os.link(own, path)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    finally:
        own.unlink()
    return key
