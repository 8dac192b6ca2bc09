"""The key that signs sessions and links: a file of its own, never an environment variable."""

import os
import secrets
import tempfile
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
    # Made with mode 0600. Of several processes that start together one wins, and all use its key.
    with tempfile.NamedTemporaryFile("w", dir=state, encoding="ascii") as own:
        own.write(key)
        own.flush()
        try:
            os.link(own.name, path)
        except FileExistsError:
            return path.read_text(encoding="ascii")
    return key
