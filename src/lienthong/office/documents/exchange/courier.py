"""The courier: looks into mailboxes that are due and follows what was sent, a few at a time, until it is stopped.

It runs in the process of the background work (``operation.work``), not as one of its jobs: there are thousands of looks
an hour, most of which find nothing. What is due, and what a look that was cut off has left, stands in the database; so
several couriers share the work, and one that dies leaves nothing behind but a lease that runs out.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

import structlog
from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from lienthong.client import ClientError
from lienthong.kernel.errors import LienthongError
from lienthong.office.core import scope
from lienthong.office.documents.exchange import following, mailboxes, taking
from lienthong.office.documents.exchange.errors import GatewaysInvalid
from lienthong.office.documents.exchange.gateways import connected, disconnect
from lienthong.office.documents.exchange.link import Exchange
from lienthong.office.documents.models import Dispatch, Mailbox

AT_ONCE: Final = 4
"""So many mailboxes are looked into at a time; each has a connection to the database."""
_BATCH: Final = 32
_TICK: Final = 0.5
_NOTHING: Final = 5.0
_LEASE: Final = timedelta(minutes=10)
_AGAIN: Final = timedelta(minutes=1)
_log = structlog.get_logger(__name__)


class Courier:
    """Goes round until it is stopped."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._stopped = threading.Event()
        self._synced: frozenset[str] | None = None
        self._hands = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="courier")

    def stop(self) -> None:
        """Have ``run`` return soon: after the messages that are being taken."""
        self._stopped.set()

    def run(self) -> None:
        """Go round until stopped. Whatever fails is logged and comes again."""
        with self._hands:
            while not self._stopped.is_set():
                self._stopped.wait(self._turn())
            self._close()
        connection.close()
        disconnect()

    def _turn(self) -> float:
        """Go round once; returns the seconds until the next time."""
        try:
            return _TICK if self.round() else _NOTHING
        except GatewaysInvalid as error:
            _log.warning("gateways_invalid", where=error.where)
        except Exception:  # noqa: BLE001 - see below; logged with its traceback
            # The database restarts, say: this thread goes on for as long as the office does.
            _log.exception("courier_failed")
            connection.close()
        return _NOTHING

    def _close(self) -> None:
        """Close the connections of the hands, each in its own thread: there is one there for each."""
        together = threading.Barrier(AT_ONCE)

        def close() -> None:
            together.wait(_NOTHING)
            connection.close()

        for done in [self._hands.submit(close) for _ in range(AT_ONCE)]:
            done.result()

    def round(self) -> bool:
        """Do what is due now.

        Returns:
            Whether there is anybody to do it for.
        """
        close_old_connections()
        exchange = connected()
        served = frozenset(exchange.served())
        if served != self._synced:
            mailboxes.sync(served)
            self._synced = served
        if not served:
            return False
        while not self._stopped.is_set():
            rows, dispatches = mailboxes.claim(_BATCH), _claim_dispatches()
            work: list[Callable[[], None]] = [
                *(self._visit(exchange, row, len(served)) for row in rows),
                *(self._follow(pk) for pk in dispatches),
            ]
            if not work:
                break
            for done in [self._hands.submit(each) for each in work]:
                done.result()
        return True

    def _visit(self, exchange: Exchange, row: Mailbox, served: int) -> Callable[[], None]:
        def visit() -> None:
            if self._stopped.is_set():
                mailboxes.failed(row)
                return
            whole = mailboxes.is_whole_due(row)
            try:
                post = taking.Post(exchange=exchange, link=exchange.link(row.organ.code), organ=row.organ)
                found = taking.look(post, whole=whole)
            except (LienthongError, OSError) as error:
                _tell("mailbox_failed", error, organ=row.organ.code)
                mailboxes.failed(row)
            else:
                mailboxes.looked(row, found=found > 0, whole=whole, served=served)

        return _guarded(visit)

    @staticmethod
    def _follow(dispatch_id: int) -> Callable[[], None]:
        def follow() -> None:
            try:
                following.follow(dispatch_id)
            except (LienthongError, OSError) as error:
                _tell("dispatch_not_followed", error, dispatch=dispatch_id)
                with scope.system():
                    Dispatch.objects.filter(pk=dispatch_id).update(follow_at=timezone.now() + _AGAIN)

        return _guarded(follow)


def _claim_dispatches() -> list[int]:
    now = timezone.now()
    with scope.system(), transaction.atomic():
        due = Dispatch.objects.select_for_update(skip_locked=True).filter(follow_at__lte=now).order_by("follow_at")
        found = list(due.values_list("pk", flat=True)[:_BATCH])
        Dispatch.objects.filter(pk__in=found).update(follow_at=now + _LEASE)
    return found


def _guarded(work: Callable[[], None]) -> Callable[[], None]:
    """Have a defect in one look stop no other; its lease brings it again."""

    def guarded() -> None:
        close_old_connections()
        try:
            work()
        except Exception:  # noqa: BLE001 - as the docstring says; logged with its traceback
            _log.exception("courier_failed")
            connection.close()

    return guarded


def _tell(event: str, error: Exception, **about: object) -> None:
    # What a gateway or a packet says may quote what is labelled: the code is enough.
    code = error.code if isinstance(error, ClientError | LienthongError) else type(error).__name__
    _log.warning(event, code=code, **about)
