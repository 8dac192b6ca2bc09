"""How far what was sent has come: as often as it is worth it, for as long as anything is open."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from django.db import transaction
from django.utils import timezone

from lienthong.client import MessageStatus
from lienthong.client.results import Delivery as Standing
from lienthong.kernel.identifiers import OrganId
from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.documents.exchange.gateways import connected
from lienthong.office.documents.models import Delivery, Dispatch
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.notices import Notice, tell
from lienthong.office.documents.selectors.people import persons_of, with_role

_S = Delivery.State
STANDINGS: Final[Mapping[str, Delivery.State]] = MappingProxyType(
    {
        "queued": _S.SENT, "sent": _S.SENT, "delivered": _S.DELIVERED, "opened": _S.OPENED, "accepted": _S.ACCEPTED,
        "refused": _S.REFUSED, "recalled": _S.RECALLED, "expired": _S.DEAD,
    }
)  # fmt: skip
"""What the gateway's words mean here."""
OPEN: Final = frozenset({_S.SENT, _S.DELIVERED, _S.OPENED})
"""Where more is to come."""
_SOONEST: Final = timedelta(seconds=2)
_LATEST: Final = timedelta(hours=1)
# Longer than any message is under way.
_GIVE_UP: Final = timedelta(days=45)
# The answer of a national dispatch has thousands of sealed receipts.
_RECEIVERS_A_SECOND: Final = 100
_REGISTERED: Final = "03"
_AT_ONCE: Final = 500


def follow(dispatch_id: int) -> None:
    """Ask how far a dispatch is, and write down what has changed.

    Raises:
        ClientError, OrganUnserved, GatewaysInvalid: the gateway does not tell.
    """
    with scope.system():
        dispatch = Dispatch.objects.select_related("document__organ").get(pk=dispatch_id)
        if dispatch.message is None:
            return
        status = connected().link(dispatch.document.organ.code).message(dispatch.message)
        with transaction.atomic():
            held = (
                Dispatch.objects.select_for_update(of=("self",)).select_related("document__organ").get(pk=dispatch_id)
            )
            refused = _write(held, status)
            if refused:
                document = held.document
                clerks = with_role(Role.CLERK, document.organ_id, document.level).values_list("pk", flat=True)
                tell(Notice.REFUSED, document, persons_of(clerks))


def next_look(dispatch: Dispatch, now: datetime, *, still_open: bool) -> datetime | None:
    """Return when to ask again: a tenth of its age later, so that news is never older than that; None for not again."""
    age = now - (dispatch.sent_at or now)
    if not still_open or age > _GIVE_UP:
        return None
    return now + min(max(age / 10, _SOONEST), _LATEST) + timedelta(seconds=dispatch.total / _RECEIVERS_A_SECOND)


def _write(dispatch: Dispatch, status: MessageStatus) -> int:
    """Write down what is new; returns how many have refused since."""
    rows = {row.organ_code: row for row in Delivery.objects.select_for_update().filter(dispatch=dispatch)}
    now, changed, refused = timezone.now(), [], 0
    for each in status.deliveries:
        row = rows.get(OrganId.parse(each.receiver).member)
        if row is None or not _is_new(row, each):
            continue
        refused += STANDINGS[each.standing] is _S.REFUSED
        _apply(row, each)
        changed.append(row)
    Delivery.objects.bulk_update(changed, ["state", "note", "code", "changed_at"], batch_size=_AT_ONCE)
    states = [row.state for row in rows.values()]
    dispatch.counts = {state: states.count(state) for state in sorted(set(states))}
    dispatch.followed_at = now
    dispatch.follow_at = next_look(dispatch, now, still_open=any(_S(state) in OPEN for state in states))
    dispatch.save(update_fields=["counts", "followed_at", "follow_at"])
    return refused


def _is_new(row: Delivery, each: Standing) -> bool:
    return row.state != STANDINGS[each.standing]


def _apply(row: Delivery, each: Standing) -> None:
    row.state = STANDINGS[each.standing]
    said = each.note or next((receipt.note for receipt in reversed(each.receipts) if receipt.note), "")
    row.note = (said or each.refusal)[:NOTE_LENGTH]
    row.code = row.code or (_REGISTERED if row.state == _S.ACCEPTED else "")
    row.changed_at = max((receipt.at for receipt in each.receipts), default=timezone.now())
