"""Look into the folders of organs for packets that other systems put there, and enter them, each once.

A folder has ``in`` (where others put files), ``taking`` (what is being entered), ``done`` and ``refused`` (with a text
that says why), and ``out`` (``posting``). Who looks holds a lock of the database for as long, so that however many
processes look, one does; and what one that died has left in ``taking`` is entered by the next.
"""

import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings
from django.db import close_old_connections, connection
from django.utils.translation import override

from lienthong.kernel.errors import LienthongError
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.core.errors import Invalid
from lienthong.office.documents.models import Way
from lienthong.office.documents.packets.entering import enter
from lienthong.office.documents.packets.errors import PacketUnreadable, explained
from lienthong.office.documents.packets.formats import known, packets
from lienthong.office.documents.packets.places import FoldersInvalid, folders
from lienthong.office.documents.packets.posting import put
from lienthong.office.organs.models import Kind, Unit

QUIET: Final = 3.0
"""Seconds for which a file must not have changed."""
PATIENCE: Final = 600.0
"""Seconds after which one that does not end as packets do counts as whole all the same."""
_EVERY: Final = 5.0
_AGAIN: Final = 60.0
_TAIL: Final = 4096
_LONGEST: Final = 240
_UNFINISHED: Final = (".part", ".tmp", ".filepart", ".crdownload")
_IN, _TAKING, _DONE, _REFUSED = "in", "taking", "done", "refused"
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_log = structlog.get_logger(__name__)

type _State = tuple[int, int, int]


class Watcher:
    """Looks into all folders, again and again, until it is stopped."""

    def __init__(self, *, quiet: float = QUIET) -> None:
        """Begin with nothing seen.

        Args:
            quiet: seconds for which a file must not have changed before it is taken.
        """
        self._quiet = quiet
        self._stopped = threading.Event()
        # Files that were seen, and as what.
        self._seen: dict[Path, _State] = {}
        # Folders in which something did not work, and when they are looked into again.
        self._later: dict[Path, float] = {}

    def stop(self) -> None:
        """Have ``run`` return soon."""
        self._stopped.set()

    def run(self) -> None:
        """Go round until stopped. Whatever fails is logged and comes again."""
        while not self._stopped.wait(_EVERY):
            try:
                close_old_connections()
                self.round()
            except FoldersInvalid as error:
                _log.warning("packet_folders_invalid", where=error.where)
            except Exception:  # noqa: BLE001 - this thread goes on as long as the office; logged with its traceback
                _log.exception("packet_folders_failed")
                connection.close()
        connection.close()

    def round(self) -> int:
        """Look into each folder once; return how many packets were entered or refused."""
        if known() is None:
            return 0
        taken = 0
        with override(settings.LANGUAGE_CODE):
            for code, folder in folders().items():
                if self._stopped.is_set() or self._later.get(folder, 0) > time.monotonic():
                    continue
                try:
                    with _alone(code) as alone:
                        taken += self._look(code, folder) if alone else 0
                except FoldersInvalid as error:
                    _log.warning("packet_folders_invalid", where=error.where)
                except Exception:  # noqa: BLE001 - a defect in one folder stops no other; logged with its traceback
                    _log.exception("packet_folders_failed")
                    self._later[folder] = time.monotonic() + _AGAIN
                    connection.close()
        return taken

    def _look(self, code: str, folder: Path) -> int:
        with scope.system():
            organ = Unit.objects.filter(code=code, kind=Kind.ORGAN).first()
        if organ is None:
            raise FoldersInvalid(f"there is no organ {code}")
        taken = 0
        try:
            for name in (_IN, _TAKING, _DONE, _REFUSED):
                (folder / name).mkdir(parents=True, exist_ok=True)
            for name in self._whole(folder / _IN):
                (folder / _IN / name).rename(_free(folder / _TAKING, name))
            names = sorted(each.name for each in (folder / _TAKING).iterdir())
        except OSError as error:
            self._failed(organ, folder, error)
            return taken
        for name in names:
            if self._stopped.is_set():
                break
            try:
                _take(organ, folder, name)
                taken += 1
            except (LienthongError, OSError) as error:
                # The others need not wait for this one; it stays where it is and comes again.
                self._failed(organ, folder, error)
        return taken

    def _failed(self, organ: Unit, folder: Path, error: Exception) -> None:
        # What is in a packet may be quoted: the code is enough.
        code = error.code if isinstance(error, LienthongError) else type(error).__name__
        _log.warning("packet_folder_failed", organ=organ.code, code=code)
        self._later[folder] = time.monotonic() + _AGAIN

    def _whole(self, folder: Path) -> list[str]:
        """Return the names of files that nobody writes on any more."""
        found: list[str] = []
        seen: dict[Path, _State] = {}
        for entry in sorted(os.scandir(folder), key=lambda each: each.name):
            if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
                continue
            if not entry.is_file(follow_symlinks=False):
                continue
            path, about = folder / entry.name, entry.stat(follow_symlinks=False)
            state = (about.st_size, about.st_mtime_ns, about.st_ino)
            age = time.time() - about.st_mtime
            if self._seen.get(path) == state and age >= self._quiet and (_ends(path) or age >= PATIENCE):
                found.append(entry.name)
            else:
                seen[path] = state
        self._seen = {path: state for path, state in self._seen.items() if path.parent != folder} | seen
        return found


def _take(organ: Unit, folder: Path, name: str) -> None:
    path = folder / _TAKING / name
    try:
        data = _content(path)
        if data is None:
            # No file: a link, a pipe. Nobody honest puts one there.
            raise PacketUnreadable(name)
        entered = enter(actor=SYSTEM, organ=organ, data=data, way=Way.FOLDER)
    except Invalid as error:
        _log.warning("packet_refused", organ=organ.code, code=error.code)
        refused = _free(folder / _REFUSED, name)
        # First the reason, so that nothing lies there without.
        put(folder / _REFUSED, f"{_cut(refused.name)}.txt", f"{explained(error)}\n".encode())
        path.rename(refused)
    else:
        _log.info("packet_taken", organ=organ.code, outcome=entered.outcome.value, digest=entered.digest)
        path.rename(_free(folder / _DONE, name))


def _content(path: Path) -> bytes | None:
    """Return the content of a file, at most a byte more than a packet may have; None of what is no file."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        if path.is_symlink():
            return None
        raise
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
        return file.read(packets().largest + 1)


def _ends(path: Path) -> bool:
    """Tell whether a file ends as packets do, in whatever encoding."""
    descriptor = os.open(path, _FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        return packets().end in file.read(_TAIL).replace(b"\0", b"")


def _free(folder: Path, name: str) -> Path:
    """Return a place for a file where none is; who holds the lock is alone with it."""
    path, number = folder / name, 2
    while os.path.lexists(path):
        path, number = folder / f"{number}-{_cut(name)}", number + 1
    return path


def _cut(name: str) -> str:
    # Names are bytes to the system, and something is put to them here.
    return os.fsdecode(os.fsencode(name)[:_LONGEST])


@contextmanager
def _alone(code: str) -> Iterator[bool]:
    """Hold the lock on an organ's folder; tells whether it is ours now."""
    key = f"packets:{code}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        (alone,) = cursor.fetchone() or (False,)
    try:
        yield bool(alone)
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])
