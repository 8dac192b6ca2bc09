"""What packets tell of documents that left, or that their senders ask back."""

from collections import Counter
from typing import Final

from django.utils import timezone

from lienthong.office.core.actor import Role
from lienthong.office.documents.actions.recalling import asked_back
from lienthong.office.documents.models import Correspondent, Delivery, Dispatch
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.notices import Notice, tell
from lienthong.office.documents.packets.descriptions import uid_of
from lienthong.office.documents.packets.errors import NotSent, StatusUnknown
from lienthong.office.documents.selectors.people import persons_of, with_role
from lienthong.office.documents.states import CODES, DEEDS, Deed
from lienthong.office.organs.models import Unit
from lienthong.profiles.packets import News

_S: Final = Delivery.State
_RECALL: Final = DEEDS[Deed.RECALL].code
_STATES: Final = {
    "01": _S.DELIVERED,
    DEEDS[Deed.REFUSE].code: _S.REFUSED,
    DEEDS[Deed.ACCEPT].code: _S.ACCEPTED,
    DEEDS[Deed.ASSIGN].code: _S.ACCEPTED,
    DEEDS[Deed.START].code: _S.ACCEPTED,
    DEEDS[Deed.COMPLETE].code: _S.ACCEPTED,
    DEEDS[Deed.AGREE_RECALL].code: _S.RECALLED,
}
"""What a code says of the delivery; one that keeps the document leaves it where it is."""


def note(*, organ: Unit, partner: Correspondent, told: News) -> None:
    """Write down what a packet tells, inside the transaction in which it is taken. Told again, it changes nothing.

    Args:
        organ: to which it was told.
        partner: by whom.
        told: what.

    Raises:
        StatusUnknown: the code has no meaning.
        NotSent: there is no such document between the two.
    """
    if told.code not in CODES:
        raise StatusUnknown(told.code)
    if told.code == _RECALL:
        _ask_back(organ, partner, told)
    else:
        _write(organ, partner, told)


def _ask_back(organ: Unit, partner: Correspondent, told: News) -> None:
    uid = uid_of(partner.code, told.about.id)
    if asked_back(organ_id=organ.pk, uid=uid, author_code=partner.code, reason=told.note) is None:
        raise NotSent(told.about.number or told.about.id)


def _write(organ: Unit, partner: Correspondent, told: News) -> None:
    rows = list(
        Delivery.objects.select_for_update(of=("self",))
        .select_related("dispatch__document__organ")
        .filter(dispatch__packet_id=told.about.id, dispatch__document__organ=organ, organ_code=partner.code)
        .exclude(dispatch__packet_id="")
        .order_by("pk")
    )
    if not rows:
        raise NotSent(told.about.number or told.about.id)
    at = min(told.at or timezone.now(), timezone.now())
    for row in rows:
        # Packets come in any order; of two the one that was made later counts.
        if row.changed_at is not None and at < row.changed_at:
            continue
        refused = told.code == DEEDS[Deed.REFUSE].code and row.state != _S.REFUSED
        row.state = _STATES.get(told.code, _S(row.state))
        row.code, row.note, row.changed_at = told.code, told.note[:NOTE_LENGTH] or row.note, at
        row.save(update_fields=["state", "code", "note", "changed_at"])
        _count(row.dispatch)
        if refused:
            document = row.dispatch.document
            clerks = with_role(Role.CLERK, document.organ.bearer_id, document.level).values_list("pk", flat=True)
            tell(Notice.REFUSED, document, persons_of(clerks))


def _count(dispatch: Dispatch) -> None:
    counted = Counter(Delivery.objects.filter(dispatch=dispatch).values_list("state", flat=True))
    Dispatch.objects.filter(pk=dispatch.pk).update(counts=dict(sorted(counted.items())))
