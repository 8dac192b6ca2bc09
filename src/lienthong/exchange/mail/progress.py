"""From receipts, dead letters and recalls to the one word for where a message stands."""

from uuid import UUID

from lienthong.exchange.errors import Expired
from lienthong.exchange.mail.items import ReceiptItem
from lienthong.exchange.mail.ledger import Ledger, Sent
from lienthong.exchange.mail.status import DeadLetter, Progress, RecallState, Standing, Status
from lienthong.exchange.mail.store import MailStore
from lienthong.kernel.clock import Millis
from lienthong.trust.header import ReceiptState

# The last of these that a receiver has said is where it stands.
_STANDINGS = {
    ReceiptState.DELIVERED: Standing.DELIVERED,
    ReceiptState.OPENED: Standing.OPENED,
    ReceiptState.ACCEPTED: Standing.ACCEPTED,
    ReceiptState.REFUSED: Standing.REFUSED,
    ReceiptState.RECALLED: Standing.RECALLED,
}


def status_of(store: MailStore, ledger: Ledger, message: UUID, sender: str, *, since: Millis = 0) -> Status:
    """Put together where a message stands at each receiver, those included to whom it was never sent.

    Args:
        store: has the receipts.
        ledger: has the rest.
        message: its id.
        sender: who sent it.
        since: only receivers where it has moved since then; of them it is not told when it was sent.
    """
    receipts: dict[str, list[ReceiptItem]] = {}
    for item in store.said(message, since=since):
        receipts.setdefault(item.receiver, []).append(item)
    dead = {each.receiver: each for each in ledger.dead_of(message) if each.at >= since or each.receiver in receipts}
    recalls = ledger.recall_states(message)
    sent = {} if since else {each.receiver: each for each in ledger.sent(message)}
    return Status(
        message=message,
        sender=sender,
        receivers=tuple(
            _progress(
                receiver, sent.get(receiver), receipts.get(receiver, []), dead.get(receiver), recalls.get(receiver)
            )
            for receiver in sorted(sent.keys() | dead.keys() | receipts.keys())
        ),
    )


def _progress(
    receiver: str,
    sent: Sent | None,
    receipts: list[ReceiptItem],
    dead: DeadLetter | None,
    recall: RecallState | None,
) -> Progress:
    said = {item.state: item for item in receipts}
    last = next((said[state] for state in reversed(_STANDINGS) if state in said), None)
    return Progress(
        receiver=receiver,
        standing=_standing(sent, last, dead),
        sent=sent.at if sent else 0,
        expires=sent.expires if sent else 0,
        receipts={state: item.at for state, item in said.items()},
        note=last.note if last else dead.detail if dead else "",
        refusal=dead.reason if dead else "",
        recall=recall,
        redriven=dead.redriven if dead else None,
    )


def _standing(sent: Sent | None, last: ReceiptItem | None, dead: DeadLetter | None) -> Standing:
    if last is not None:
        return _STANDINGS[last.state]
    if dead is not None:
        return Standing.EXPIRED if dead.reason == Expired.code else Standing.REFUSED
    return Standing.QUEUED if sent is None or sent.attempts == 0 else Standing.SENT
