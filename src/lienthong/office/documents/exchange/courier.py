"""The courier: looks into mailboxes that are due and follows what was sent, a few at a time, until it is stopped.

It runs in the process of the background work (``operation.work``), not as one of its jobs: there are thousands of looks
an hour, most of which find nothing. What is due, and what a look that was cut off has left, stands in the database; so
several couriers share the work, and one that dies leaves nothing behind but a lease that runs out.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Final

import structlog
from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from lienthong.kernel.errors import LienthongError
from lienthong.office.core import scope
from lienthong.office.documents.exchange import following, mailboxes, taking
from lienthong.office.documents.exchange.basket import Basket, Visit, tell
from lienthong.office.documents.exchange.errors import GatewaysInvalid
from lienthong.office.documents.exchange.gateways import connected, disconnect
from lienthong.office.documents.exchange.link import Exchange
from lienthong.office.documents.models import Dispatch, Mailbox

AT_ONCE: Final = 8
"""So many mailboxes are looked into at a time; each has a connection to the database."""
_BATCH: Final = 32
_AHEAD: Final = 2 * AT_ONCE
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
        with scope.system():
            self._go_round(exchange, len(served))
        return True

    def _go_round(self, exchange: Exchange, served: int) -> None:
        """Look into everything that is due, and enter what comes, until nothing is due any more."""
        basket, running = Basket(served), set[Future[Visit | None]]()
        asked = -_TICK
        while True:
            # So that hands find work while what came is entered; and not again at once where nothing was due.
            if len(running) < _AHEAD and not self._stopped.is_set() and time.monotonic() - asked >= _TICK:
                work = self._due(exchange)
                running |= {self._hands.submit(each) for each in work}
                asked = -_TICK if work else time.monotonic()
            if not running:
                break
            done, running = wait(running, timeout=_TICK, return_when=FIRST_COMPLETED)
            basket.add([visit for each in done if (visit := each.result()) is not None])
            if basket.is_due() or not running:
                basket.empty()

    def _due(self, exchange: Exchange) -> list[Callable[[], Visit | None]]:
        rows, dispatches = mailboxes.claim(_BATCH), _claim_dispatches()
        # What was sent first: on pages somebody waits for it.
        return [*(self._follow(pk) for pk in dispatches), *(self._visit(exchange, row) for row in rows)]

    def _visit(self, exchange: Exchange, row: Mailbox) -> Callable[[], Visit | None]:
        def visit() -> Visit | None:
            if self._stopped.is_set():
                mailboxes.failed(row)
                return None
            whole = mailboxes.is_whole_due(row)
            try:
                post = taking.Post(exchange=exchange, link=exchange.link(row.organ.code), organ=row.organ)
            except (LienthongError, OSError) as error:
                return Visit(row=row, whole=whole, found=taking.Gathered(troubles=[error]))
            return Visit(row=row, whole=whole, found=taking.gather(post, whole=whole))

        return _guarded(visit)

    @staticmethod
    def _follow(dispatch_id: int) -> Callable[[], Visit | None]:
        def follow() -> None:
            try:
                following.follow(dispatch_id)
            except (LienthongError, OSError) as error:
                tell("dispatch_not_followed", error, dispatch=dispatch_id)
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


def _read_everything() -> None:
    """Put the connection of a hand into the system's scope, for as long as it lasts: each change is a statement."""
    if scope.current() != scope.SYSTEM:
        scope.switch(scope.SYSTEM)


def _guarded(work: Callable[[], Visit | None]) -> Callable[[], Visit | None]:
    """Have a defect in one look stop no other; its lease brings it again."""

    def guarded() -> Visit | None:
        close_old_connections()
        try:
            _read_everything()
            return work()
        except Exception:  # noqa: BLE001 - as the docstring says; logged with its traceback
            _log.exception("courier_failed")
            connection.close()
            return None

    return guarded
