"""The carrier: can it be reached, may this site do what it has to, and what time is it there?"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lienthong.exchange.doctor.lines import Line, Subject, fail, failed, ok
from lienthong.exchange.subjects import mail_stream
from lienthong.exchange.transport.nats import NatsCarrier
from lienthong.exchange.transport.permissions import SLOTS
from lienthong.kernel.clock import Clock, Millis, from_datetime
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import _

_FORGET: Final = 10 * 10**9  # nanoseconds after which the server forgets the consumer anyway
_MICROSECONDS: Final = len("2026-01-01T00:00:00.000000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What trying it out showed."""

    lines: list[Line]
    # Milliseconds by which our clock is ahead of the carrier's; None if it did not say.
    ahead: Millis | None


async def carrier(link: NatsCarrier, branches: Iterable[str], clock: Clock) -> Seen:
    """Read each branch's mail as the gateway does, without taking any.

    The reading place used is the last one a site has, so that a running gateway is not disturbed.
    """
    lines: list[Line] = []
    ahead: Millis | None = None
    readable: list[str] = []
    for branch in branches:
        try:
            answer, middle = await _consumer(link, branch, clock)
        except LienthongError as error:
            lines.append(failed(Subject.CARRIER, error))
            continue
        if "error" in answer:
            text = _("The mail of the branch {branch} cannot be read: {reason}")
            reason = str(answer["error"].get("description", ""))
            advice = _("Have the centre set up the streams of this branch.")
            lines.append(fail(Subject.CARRIER, text.format(branch=branch, reason=reason), advice))
            continue
        readable.append(branch)
        at = _moment(answer.get("ts"))
        ahead = ahead if at is None else middle - at
    text = _("Connected as {site}, {size} KiB a message; mail can be read: {branches}").format(
        site=link.site, size=link.max_payload // 1024, branches=", ".join(readable) or "–"
    )
    return Seen(lines=[ok(Subject.CARRIER, text), *lines], ahead=ahead)


async def _consumer(link: NatsCarrier, branch: str, clock: Clock) -> tuple[dict[str, Any], Millis]:
    stream, slot, subject = mail_stream(branch), f"{link.site}_{SLOTS - 1}", f"mail.{branch}.{link.site}.>"
    config = {
        "name": slot,
        "deliver_policy": "new",
        "ack_policy": "none",
        "filter_subject": subject,
        "inactive_threshold": _FORGET,
        "num_replicas": 1,
        "mem_storage": True,
    }
    body = json.dumps({"stream_name": stream, "config": config}).encode()
    before = clock.now()
    answer: dict[str, Any] = json.loads(await link.ask(f"$JS.API.CONSUMER.CREATE.{stream}.{slot}.{subject}", body))
    middle = (before + clock.now()) // 2
    if "error" not in answer:
        await link.ask(f"$JS.API.CONSUMER.DELETE.{stream}.{slot}", b"")
    return answer, middle


def _moment(text: object) -> Millis | None:
    """Return the time in an answer: RFC 3339 with nanoseconds, UTC."""
    if not isinstance(text, str) or not text.endswith("Z"):
        return None
    try:
        return from_datetime(datetime.fromisoformat(text[:-1][:_MICROSECONDS] + "+00:00"))
    except ValueError:
        return None
