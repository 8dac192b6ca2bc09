"""How far what was sent has come: as often as it is worth it, for as long as anything is open."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from lienthong.client import Standing
from lienthong.kernel.identifiers import OrganId
from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.documents.exchange import mailboxes
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
_SOONEST: Final = timedelta(seconds=0.5)
_LATEST: Final = timedelta(hours=1)
# Longer than any message is under way.
_GIVE_UP: Final = timedelta(days=45)
_RECEIVERS_A_SECOND: Final = 10_000
# While news is this frequent only what has moved is asked for; later everything, so that nothing is missed for long.
_ONLY_NEWS: Final = timedelta(seconds=5)
MANY: Final = 100
"""With more receivers than that, letters are let arrive before mailboxes are opened: both take the same processors."""
_LET_ARRIVE: Final = timedelta(seconds=10)
_REGISTERED: Final = "03"
# One statement, however many receivers have moved. To whom nothing was sent, by a rule here, has refused nothing.
_UPDATE: Final = f"""
UPDATE documents_delivery AS old
SET state = new.state, note = new.note, changed_at = new.changed_at,
    code = CASE WHEN old.code = '' AND new.state = '{_S.ACCEPTED}' THEN '{_REGISTERED}' ELSE old.code END
FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[]) AS new (organ_code, state, note, changed_at)
WHERE old.dispatch_id = %s AND old.organ_code = new.organ_code AND old.state <> new.state
    AND NOT (old.state = '{_S.DEAD}' AND new.state = '{_S.REFUSED}')
RETURNING old.organ_code, new.state
"""  # noqa: S608 - constants


def follow(dispatch_id: int) -> None:
    """Ask how far a dispatch is, and write down what has changed.

    Raises:
        ClientError, OrganUnserved, GatewaysInvalid: the gateway does not tell.
    """
    with scope.system():
        dispatch = Dispatch.objects.select_related("document__organ").get(pk=dispatch_id)
        if dispatch.message is None:
            return
        link = connected().link(dispatch.document.organ.code)
        answer = link.standings(dispatch.message, after=dispatch.position if _is_young(dispatch) else 0)
        with transaction.atomic():
            held = (
                Dispatch.objects.select_for_update(of=("self",)).select_related("document__organ").get(pk=dispatch_id)
            )
            held.position = answer.position
            moved = _write(held, answer.standings)
            if _S.REFUSED in moved.values():
                document = held.document
                clerks = with_role(Role.CLERK, document.organ.bearer_id, document.level).values_list("pk", flat=True)
                tell(Notice.REFUSED, document, persons_of(clerks))
    mailboxes.wake(to_wake(held))


def next_look(dispatch: Dispatch, now: datetime, *, still_open: bool) -> datetime | None:
    """Return when to ask again: a tenth of its age later, so that news is never older than that; None for not again."""
    age = now - (dispatch.sent_at or now)
    if not still_open or age > _GIVE_UP:
        return None
    return now + min(max(age / 10, _SOONEST), _LATEST) + timedelta(seconds=dispatch.total / _RECEIVERS_A_SECOND)


def to_wake(dispatch: Dispatch) -> Collection[str]:
    """Return the receivers whose mailboxes are to be looked into now, as something lies there; read as the system.

    Of a dispatch to many they are none until nearly everything has arrived.
    """
    arriving = dispatch.counts.get(_S.SENT.value, 0)
    age = timezone.now() - (dispatch.sent_at or timezone.now())
    if arriving and dispatch.total > MANY and age < _LET_ARRIVE:
        return ()
    with scope.system():
        unopened = Delivery.objects.filter(dispatch=dispatch, state=_S.DELIVERED)
        return list(unopened.values_list("organ_code", flat=True))


def _is_young(dispatch: Dispatch) -> bool:
    age = timezone.now() - (dispatch.sent_at or timezone.now())
    return age / 10 < _ONLY_NEWS


def _write(dispatch: Dispatch, standings: Collection[Standing]) -> dict[str, str]:
    """Write down what is new; returns the states of the organs where something is."""
    now = timezone.now()
    rows = [
        (OrganId.parse(each.receiver).member, STANDINGS[each.standing].value, _said(each), each.at or now)
        for each in standings
    ]
    moved: dict[str, str] = {}
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE, [*map(list, zip(*rows, strict=True)), dispatch.pk])
            moved = dict(cursor.fetchall())
    counted = Delivery.objects.filter(dispatch=dispatch).order_by("state").values_list("state").annotate(Count("pk"))
    dispatch.counts = dict(counted)
    dispatch.followed_at = now
    dispatch.follow_at = next_look(dispatch, now, still_open=any(_S(state) in OPEN for state in dispatch.counts))
    dispatch.save(update_fields=["counts", "followed_at", "follow_at", "position"])
    return moved


def _said(each: Standing) -> str:
    return (each.note or each.refusal)[:NOTE_LENGTH]
