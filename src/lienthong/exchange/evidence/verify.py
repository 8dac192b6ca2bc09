"""Verifying evidence against nothing but the directory's root: an exported record, or a whole journal."""

from pathlib import Path
from typing import Final

from lienthong.exchange.evidence import record
from lienthong.exchange.evidence.errors import EvidenceMissing, EvidenceUnreadable, WitnessInvalid
from lienthong.exchange.evidence.report import Report, Task, digest_of_file
from lienthong.exchange.evidence.verify_journal import verify_journal
from lienthong.exchange.evidence.verify_record import checkpoint_of, verify_record
from lienthong.trust.audit import Progress
from lienthong.trust.checkpoint import Checkpoint
from lienthong.trust.errors import TrustError

JOURNAL: Final = "journal.sqlite"
_SQLITE: Final = b"SQLite format 3\x00"


def verify(task: Task, progress: Progress | None = None) -> Report:
    """Verify everything and report all that does not hold, each thing at its place.

    Args:
        task: what, and against what.
        progress: is told how much of how much is done.

    Raises:
        EvidenceMissing: there is nothing at that path, or a content cannot be read.
        EvidenceUnreadable: it is neither a record nor a journal.
        WitnessInvalid: witnesses where there is only a record.
    """
    path = task.path / JOURNAL if task.path.is_dir() else task.path
    contents = {each: digest_of_file(each) for each in task.contents}
    magic = _start(path)
    if magic.startswith(record.MAGIC):
        if task.witnessed:
            raise WitnessInvalid(str(path), hint="Witnesses are for a whole journal, not for one record.")
        return verify_record(task, contents)
    if magic == _SQLITE:
        return verify_journal(task, path, contents, progress)
    raise EvidenceUnreadable(
        f"{path} is neither a record nor a journal", hint="Name a state folder, a journal's file or a record."
    )


def read_witness(path: Path) -> Checkpoint:
    """Return the checkpoint in a file: as another site keeps it, or inside an exported record.

    Raises:
        EvidenceMissing: the file cannot be read.
        WitnessInvalid: there is none in it.
    """
    try:
        if _start(path).startswith(record.MAGIC):
            found = record.read(path)
            return checkpoint_of(found.receipt, found.entry)
        return Checkpoint.from_bytes(path.read_bytes())
    except TrustError as error:
        raise WitnessInvalid(f"{path}: {error.where}") from error


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE))
    except OSError as error:
        raise EvidenceMissing(f"{path}: {error.strerror}") from error
