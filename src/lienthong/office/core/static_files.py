"""Names of static files: with hashes as ``make assets`` collected them."""

from typing import Final
from wsgiref.headers import Headers

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """The collected files, or, where nothing is built, plain names: pages without style, but pages.

    A checkout needs Node.js only where somebody looks at pages; tests of actions and answers do not.
    """

    def stored_name(self, name: str) -> str:
        """Return the name to ask for."""
        if not self.hashed_files:
            return name
        return str(super().stored_name(name))


WORKER: Final = "/core/viewer/worker."
# A worker has the policy of its own file. This one reads strangers' files: it may fetch from here, and nothing else.
_OF_WORKER: Final = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"


def guard(headers: Headers, _path: str, url: str) -> None:
    """Say what a static file may do where browsers ask: the worker that reads PDF files (WhiteNoise calls this)."""
    if WORKER in url:
        headers["Content-Security-Policy"] = _OF_WORKER
