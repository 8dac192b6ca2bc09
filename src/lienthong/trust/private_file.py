"""A small file that only its owner reads, replaced as a whole or not at all.

Layout: a line of text that names kind and version, SHA-256 of the rest, the rest. The digest only tells
damage from a wrong passphrase; authenticity is the business of what is inside.
"""

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lienthong.trust.errors import KeyStoreError

RESTORE: Final = "Restore it from its backup; another passphrase will not help."
_DIGEST: Final = 32
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class PrivateFile:
    """Reads and atomically replaces one such file (POSIX file systems)."""

    def __init__(self, path: Path, *, kind: bytes, max_size: int) -> None:
        """Name the file; nothing is read yet.

        Args:
            path: where it is; links are followed, so that a link survives a replacement.
            kind: the first line, with its line end.
            max_size: bytes; a larger file is refused unread.
        """
        self.path = path.resolve()
        self._kind = kind
        self._max_size = max_size
        # What this process last saw, so that it never overwrites another's change.
        self._seen = b""

    def read(self) -> bytes:
        """Return what is inside.

        Raises:
            KeyStoreError: missing, readable by others, not such a file, damaged.
        """
        content, digest = self._open()
        self._seen = digest
        return content

    def check_free(self) -> None:
        """Check that the file can be made.

        Raises:
            KeyStoreError: it is there already.
        """
        if self.path.exists():
            raise KeyStoreError(f"{self.path} is there already", hint="Open it, or choose another path.")

    def create(self, content: bytes) -> None:
        """Write a new file (mode 0600).

        Raises:
            KeyStoreError: it is there already, or cannot be written.
        """
        with self._directory() as directory:
            self.check_free()
            self._write(content, directory, owner=None)

    def replace(self, content: bytes) -> None:
        """Put new content in the place of what was last read or written; durable when it returns.

        Raises:
            KeyStoreError: it cannot be written, or another process changed it; then it stays as it was.
        """
        with self._directory() as directory:
            _, digest = self._open()
            if digest != self._seen:
                raise KeyStoreError(
                    f"{self.path} was changed by another process", hint="Open it again and repeat the change."
                )
            self._write(content, directory, owner=self.path.stat())

    def _open(self) -> tuple[bytes, bytes]:
        try:
            with open(self.path, "rb", opener=_at_once) as file:
                self._check(os.fstat(file.fileno()))
                data = file.read(self._max_size + 1)
        except OSError as error:
            raise _refused(self.path, error) from None
        if not data.startswith(self._kind):
            name = self._kind.decode().strip()
            raise KeyStoreError(f"{self.path} does not begin with “{name}”", hint="Give the path of a key store.")
        digest, content = data[len(self._kind) :][:_DIGEST], data[len(self._kind) + _DIGEST :]
        if hashlib.sha256(content).digest() != digest:
            raise damaged(self.path)
        return content, digest

    def _check(self, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise KeyStoreError(f"{self.path} is not a file", hint="Give the path of a key store.")
        if status.st_mode & _OTHERS:
            raise KeyStoreError(
                f"{self.path} is open to other users of this machine",
                hint=f"Find out who read it, then run: chmod 600 {self.path}",
            )
        if status.st_size > self._max_size:
            raise KeyStoreError(f"{self.path} is larger than {self._max_size} bytes", hint=RESTORE)

    @contextmanager
    def _directory(self) -> Iterator[int]:
        """Hold the directory's lock, so that processes change the file one after the other."""
        try:
            descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise _refused(self.path, error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        except OSError as error:
            raise _refused(self.path, error) from None
        finally:
            os.close(descriptor)

    def _write(self, content: bytes, directory: int, *, owner: os.stat_result | None) -> None:
        digest = hashlib.sha256(content).digest()
        descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._kind + digest + content)
                file.flush()
                if owner is not None:
                    # An administrator who adds a key must not take the file away from the service.
                    os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
                os.fsync(file.fileno())
            temporary.replace(self.path)
        finally:
            temporary.unlink(missing_ok=True)
        os.fsync(directory)
        self._seen = digest


def _at_once(path: str, flags: int) -> int:
    # Opening a pipe would wait for a writer, before anyone could see that it is none of our files.
    return os.open(path, flags | os.O_NONBLOCK)


def damaged(path: Path) -> KeyStoreError:
    """Build the error for a file that is not what was written."""
    return KeyStoreError(f"{path} is damaged", hint=RESTORE)


def _refused(path: Path, error: OSError) -> KeyStoreError:
    return KeyStoreError(f"{path}: {error.strerror}", hint="Check the path, its owner and the free space.")
