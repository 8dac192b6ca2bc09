"""The machine: versions and algorithms, room on the disk, the journal's file."""

import os
import platform
import tempfile
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.backends.openssl import backend

from lienthong.exchange.doctor.lines import Line, Subject, fail, failed, ok, warn
from lienthong.exchange.evidence.reader import Filter, JournalReader
from lienthong.kernel.clock import MINUTE, Millis, iso
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import _
from lienthong.trust.keys import Algorithm
from lienthong.trust.keystore import generate

_MIB: Final = 1024 * 1024
LITTLE: Final = 1024 * _MIB
"""Bytes free below which it is time to do something."""
TOO_LITTLE: Final = 64 * _MIB
_FEW_INODES: Final = 10_000
_TOO_FEW_INODES: Final = 100
# Several times what a gateway lets pass between two checkpoints.
_UNSIGNED: Final[Millis] = 10 * MINUTE


def software() -> list[Line]:
    """Check that every algorithm that may occur works here."""
    versions = f"Python {platform.python_version()}, {backend.openssl_version_text()}"
    missing = [algorithm.name for algorithm in Algorithm if not _works(algorithm)]
    if missing:
        return [
            fail(
                Subject.SOFTWARE,
                _("{versions}: these algorithms do not work here: {missing}").format(
                    versions=versions, missing=", ".join(missing)
                ),
                _("Install the package cryptography from its wheel, as requirements.lock names it."),
            )
        ]
    return [ok(Subject.SOFTWARE, _("{versions}: all algorithms work").format(versions=versions))]


def disk(folder: Path) -> list[Line]:
    """Check that the state folder can be written and has room."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            file.write(b"doctor")
            file.flush()
            os.fsync(file.fileno())
        status = os.statvfs(folder)
    except OSError as error:
        text = _("The state folder cannot be written: {folder}: {reason}")
        advice = _("Check that it is there, who owns it, and the free space; nothing is exchanged without evidence.")
        return [fail(Subject.DISK, text.format(folder=folder, reason=error.strerror), advice)]
    return [_room(folder, status.f_bavail * status.f_frsize), *_inodes(status)]


def journal(path: Path, *, site: str, at: Millis) -> list[Line]:
    """Check that the journal is this site's, can be written, and is signed regularly."""
    if not path.exists():
        return [ok(Subject.JOURNAL, _("There is no journal yet; the gateway begins one."))]
    if not os.access(path, os.R_OK | os.W_OK):
        text = _("The journal cannot be written: {path}").format(path=path)
        return [fail(Subject.JOURNAL, text, _("Give the file back to the user the gateway runs as."))]
    try:
        with JournalReader.open(path) as reader:
            if reader.site != site:
                text = _("The journal belongs to site {other}, not to {site}.").format(other=reader.site, site=site)
                return [fail(Subject.JOURNAL, text, _("Name another state folder in the configuration."))]
            return [_signed(reader, at)]
    except LienthongError as error:
        return [failed(Subject.JOURNAL, error)]


def latest_entry(path: Path) -> Millis | None:
    """Return the time of the newest entry in a journal, None where there is none or it cannot be read."""
    try:
        with JournalReader.open(path) as reader:
            newest = reader.search(Filter(), limit=1)
    except LienthongError:
        # The check of the journal says why.
        return None
    return newest[0][1].at if newest else None


def _works(algorithm: Algorithm) -> bool:
    try:
        generate(algorithm)
    except UnsupportedAlgorithm:
        return False
    return True


def _room(folder: Path, free: int) -> Line:
    text = _("{free} MiB are free in {folder}").format(free=free // _MIB, folder=folder)
    if free < TOO_LITTLE:
        return fail(Subject.DISK, text, _("Free some space now: without room for evidence the gateway stops."))
    if free < LITTLE:
        return warn(Subject.DISK, text, _("Free some space, or move the state folder to a larger disk."))
    return ok(Subject.DISK, text)


def _inodes(status: os.statvfs_result) -> list[Line]:
    # Some file systems count none.
    if not status.f_files or status.f_favail >= _FEW_INODES:
        return []
    text = _("Only {count} more files can be made on that disk.").format(count=status.f_favail)
    advice = _("Delete what is not needed: many small files use up a disk that still has room.")
    return [(fail if status.f_favail < _TOO_FEW_INODES else warn)(Subject.DISK, text, advice)]


def _signed(reader: JournalReader, at: Millis) -> Line:
    size = reader.size
    text = _("Entries: {size}, checkpoints: {checkpoints}.").format(size=size, checkpoints=reader.checkpoint_count())
    newest = reader.search(Filter(), limit=1)
    if newest and reader.covering(newest[0][0]) is None and newest[0][1].at < at - _UNSIGNED:
        since = iso(newest[0][1].at)
        text += " " + _("Its last entry, of {since}, is not covered by a checkpoint.").format(since=since)
        return warn(
            Subject.JOURNAL, text, _("Start the gateway; if it runs, its site needs a valid sealing key (see keys).")
        )
    return ok(Subject.JOURNAL, text)
