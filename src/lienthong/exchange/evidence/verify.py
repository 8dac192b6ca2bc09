"""Verifying evidence against nothing but the directory's root: a record, a container, or a whole journal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lienthong.exchange.asic.reading import is_container
from lienthong.exchange.asic.verify import verify_container
from lienthong.exchange.evidence import record
from lienthong.exchange.evidence.errors import EvidenceMissing, EvidenceUnreadable, WitnessInvalid
from lienthong.exchange.evidence.report import Report, digest_of_file
from lienthong.exchange.evidence.verify_journal import Against, verify_journal
from lienthong.exchange.evidence.verify_record import checkpoint_of, verify_record
from lienthong.kernel.clock import Millis
from lienthong.trust.audit import Progress
from lienthong.trust.checkpoint import Checkpoint
from lienthong.trust.errors import TrustError

JOURNAL: Final = "journal.sqlite"
DIRECTORY: Final = "directory"
_SQLITE: Final = b"SQLite format 3\x00"


def verify(  # noqa: PLR0913 - what, and against what: each by its name
    path: Path,
    root: bytes,
    now: Millis,
    *,
    directory: Path | None = None,
    contents: Sequence[Path] = (),
    witnessed: Sequence[Checkpoint] = (),
    progress: Progress | None = None,
) -> Report:
    """Verify everything and report all that does not hold, each thing at its place.

    Args:
        path: an exported record, a container (ASiC-E), a journal's file, or a gateway's state folder; the gateway may
            be running.
        root: root metadata of the directory that is trusted already.
        now: nothing may be later than this (milliseconds UTC).
        directory: where the directory is, for a journal; default: ``directory`` beside it.
        contents: files whose digests must be among the evidence.
        witnessed: checkpoints of the same journal that others hold.
        progress: is told how much of how much is done.

    Raises:
        EvidenceMissing: there is nothing at that path, or a content cannot be read.
        EvidenceUnreadable: it is neither a record nor a journal.
        WitnessInvalid: witnesses where there is only a record.
    """
    file = path / JOURNAL if path.is_dir() else path
    digests = {each: digest_of_file(each) for each in contents}
    magic = _start(file)
    if magic.startswith(record.MAGIC):
        if witnessed:
            raise WitnessInvalid(str(file), hint="Witnesses are for a whole journal, not for one record.")
        if is_container(file):
            return verify_container(file, root, now, digests)
        return verify_record(file, root, now, digests)
    if magic == _SQLITE:
        against = Against(root=root, now=now, directory=directory or file.parent / DIRECTORY, witnessed=witnessed)
        return verify_journal(file, against, digests, progress)
    raise EvidenceUnreadable(
        f"{file} is neither a record nor a journal", hint="Name a state folder, a journal's file or a record."
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
