"""What an honest peer does not cause: recorded as an alarm, with all that is known of it."""

from typing import Final

from lienthong.exchange.errors import Refused
from lienthong.exchange.node import Node
from lienthong.kernel.errors import LienthongError
from lienthong.trust.journal import Entry

ALARMS: Final = frozenset(
    {
        "address_invalid",
        "answer_invalid",
        "call_invalid",
        "connection_mismatch",
        "digest_mismatch",
        "envelope_invalid",
        "event_forked",
        "events_missing",
        "identifier_invalid",
        "key_not_valid",
        "key_unknown",
        "malformed",
        "misdirected",
        "replayed",
        "seal_invalid",
        "term_too_long",
    }
)


def kind_of(error: LienthongError) -> str:
    """Return the kind of evidence an error makes: alarm, refusal or failure."""
    if error.code in ALARMS:
        return "alarm"
    return "refusal" if isinstance(error, Refused) else "failure"


def alarm(node: Node, subject: str, error: LienthongError, seals: tuple[bytes, ...] = ()) -> Entry:
    """Return the evidence about something that could not be opened, or not be answered.

    Args:
        node: the gateway that received it.
        subject: the carrier's subject, the only thing known of where it came from.
        error: what is wrong.
        seals: the seal, where one could be found.
    """
    return Entry(
        at=node.clock.now(),
        organ=f"site:{node.site}",
        direction="in",
        kind=kind_of(error),
        id="",
        peer=subject[:200],
        label="",
        purpose="",
        verdict=error.code,
        detail=str(error)[:500],
        digests=(),
        seals=seals,
    )
