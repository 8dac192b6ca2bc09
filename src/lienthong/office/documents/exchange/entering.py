"""Enter what was opened: of many organs in one transaction, and where that fails of each on its own.

A document and all its files are entered wholly or not at all, and once, however often a courier is cut off: what was
opened and not entered is found at the next look, for its mailbox stays unsettled (ADR 0075, 0088).
"""

from collections.abc import Sequence

import structlog
from django.db import IntegrityError, transaction

from lienthong.office.core import scope
from lienthong.office.documents.actions.arriving import arrive_all
from lienthong.office.documents.exchange.taking import Came, Gathered, Post, gather
from lienthong.office.documents.models import Document

_log = structlog.get_logger(__name__)


def enter_all(found: Sequence[Gathered]) -> None:
    """Enter what looks into mailboxes brought; of each it is noted how much was, and what did not work."""
    came = [(gathered, each) for gathered in found for each in gathered.came]
    if not came:
        return
    try:
        arrive_all([each.parcel for _gathered, each in came])
    except Exception as error:  # noqa: BLE001 - one of them may be the reason; the others must not wait for it
        _log.warning("arrivals_one_by_one", number=len(came), code=type(error).__name__)
        for gathered, each in came:
            _enter(gathered, each)
        return
    for gathered, _each in came:
        gathered.done += 1


def look(post: Post, *, whole: bool) -> int:
    """Look into one mailbox and enter what is there.

    Args:
        post: whose.
        whole: compare also what was opened before with what is entered.

    Returns:
        How many messages were taken or refused.

    Raises:
        ClientError, OfficeError, OSError: something did not work; what was not taken comes again. Others were taken.
    """
    found = gather(post, whole=whole)
    enter_all([found])
    if found.troubles:
        raise found.troubles[0]
    return found.done


def _enter(gathered: Gathered, came: Came) -> None:
    try:
        with transaction.atomic():
            arrive_all([came.parcel])
        gathered.done += 1
    except IntegrityError as error:
        # Usually another courier has entered it at this moment.
        if _is_entered(came):
            gathered.done += 1
        else:
            gathered.troubles.append(error)
    except Exception as error:  # noqa: BLE001 - as above: a defect that one document brings out, too
        gathered.troubles.append(error)


def _is_entered(came: Came) -> bool:
    with scope.system():
        same = Document.objects.filter(organ=came.post.organ, message=came.message.id)
        return same.filter(author_code=came.parcel.arrival.author_code).exists()
