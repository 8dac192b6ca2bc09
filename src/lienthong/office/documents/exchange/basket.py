"""What the courier's hands bring, until it is entered: of many organs together, and nobody waits long for others."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from lienthong.client import ClientError
from lienthong.kernel.errors import LienthongError
from lienthong.office.documents.exchange import mailboxes
from lienthong.office.documents.exchange.entering import enter_all
from lienthong.office.documents.exchange.taking import Gathered
from lienthong.office.documents.models import Mailbox

FULL: Final = 64
"""So many looks are entered and noted together."""
_SECONDS: Final = 0.5
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A look into a mailbox, and what it brought."""

    # As it was claimed.
    row: Mailbox
    whole: bool
    found: Gathered


class Basket:
    """Visits that are not noted yet. Whoever dies with some leaves leases, which bring them again."""

    def __init__(self, served: int) -> None:
        """Begin with none.

        Args:
            served: how many organs this office has.
        """
        self._served = served
        self._visits: list[Visit] = []
        self._since = 0.0

    def add(self, visits: Iterable[Visit]) -> None:
        """Put visits in."""
        if not self._visits:
            self._since = time.monotonic()
        self._visits += visits

    def is_due(self) -> bool:
        """Tell whether it is to be emptied now."""
        return len(self._visits) >= FULL or (bool(self._visits) and time.monotonic() - self._since >= _SECONDS)

    def empty(self) -> None:
        """Enter what came, and note when each mailbox is looked into next.

        Raises:
            DatabaseError: the database does not answer; what was not noted comes again.
        """
        visits, self._visits = self._visits, []
        enter_all([visit.found for visit in visits])
        fine = [visit for visit in visits if not visit.found.troubles]
        if fine:
            looks = [mailboxes.Looked(row=each.row, found=each.found.done > 0, whole=each.whole) for each in fine]
            mailboxes.looked(looks, served=self._served)
        for visit in visits:
            if visit.found.troubles:
                tell("mailbox_failed", visit.found.troubles[0], organ=visit.row.organ.code)
                mailboxes.failed(visit.row)


def tell(event: str, error: Exception, **about: object) -> None:
    """Log what did not work: by its code, as what a gateway or a packet says may quote what is labelled."""
    code = error.code if isinstance(error, ClientError | LienthongError) else type(error).__name__
    _log.warning(event, code=code, **about)
