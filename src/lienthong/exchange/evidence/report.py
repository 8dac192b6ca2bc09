"""What verifying evidence came to."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lienthong.exchange.evidence.errors import EvidenceMissing
from lienthong.trust.audit import MAX_FINDINGS, Finding

_NUMBER: Final = re.compile(r"(?:entry|entries from|entries|checkpoint|witnessed checkpoint) (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result, with every defect at its place."""

    # Whose journal it is; empty where that could not be found out.
    site: str
    # The number of the entry that a record shows; None for a whole journal.
    index: int | None
    # What does not hold, in the order of the journal.
    findings: tuple[Finding, ...]
    # What a reader should know and what is no defect.
    notices: tuple[Finding, ...]
    # How much was looked at.
    entries: int = 0
    seals: int = 0
    checkpoints: int = 0
    contents: int = 0

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.findings


class Enough(Exception):
    """So much is wrong that more findings help nobody."""


@dataclass(slots=True)
class Notes:
    """Collects while verifying."""

    findings: list[Finding] = field(default_factory=list)
    notices: list[Finding] = field(default_factory=list)
    seals: int = 0

    def find(self, where: str, what: str, detail: str) -> None:
        """Note a defect.

        Raises:
            Enough: there are a thousand.
        """
        self.findings.append(Finding(where=where, what=what, detail=detail))
        if len(self.findings) >= MAX_FINDINGS:
            raise Enough

    def tell(self, where: str, what: str, detail: str) -> None:
        """Note something that is no defect; after a thousand, no more."""
        if len(self.notices) < MAX_FINDINGS:
            self.notices.append(Finding(where=where, what=what, detail=detail))

    def in_order(self) -> tuple[Finding, ...]:
        """Return the defects, those of the whole first, then by place."""
        return tuple(sorted(self.findings, key=_place))


def digest_of_file(path: Path) -> bytes:
    """Return the SHA-256 of a file, whatever its size.

    Raises:
        EvidenceMissing: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise EvidenceMissing(f"{path}: {error.strerror}") from error


def _place(finding: Finding) -> int:
    found = _NUMBER.match(finding.where)
    return int(found[1]) if found else -1
