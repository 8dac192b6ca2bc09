"""Every request of ``/v1/topics`` and how its answer is read."""

import base64
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lienthong.client.asking import JSON, Ask, given, read_as, written
from lienthong.client.results import (
    NewTopicEvent,
    PublishedEvents,
    Subscription,
    Subscriptions,
    TopicEvents,
    TopicsPage,
)
from lienthong.kernel.identifiers import TopicId

_JSON = {"Content-Type": JSON}
_EVENTS = "/v1/topics/events"
_SUBSCRIPTIONS = "/v1/topics/subscriptions"


def topics(*, purpose: str, after: str | None) -> Ask[TopicsPage]:
    """List a part of the topics that may be read."""
    params = given(purpose=purpose or None, after=after)
    return Ask(method="GET", path="/v1/topics", params=params, repeatable=True, read=read_as(TopicsPage))


def publish(topic: TopicId | str, events: Sequence[NewTopicEvent], *, after: int | None) -> Ask[PublishedEvents]:
    """Publish events."""
    body: dict[str, object] = {
        "events": [
            {
                "schema": event.schema,
                "data": base64.b64encode(event.data).decode(),
                "key": event.key,
                "media_type": event.media_type,
                "role": event.role,
            }
            for event in events
        ]
    }
    return Ask(
        method="POST",
        path=_EVENTS,
        params={"topic": str(topic)},
        headers=_JSON,
        content=written(body | given(after=after)),
        # Nobody knows whether it was published; who says what came before asks again himself.
        repeatable=False,
        read=read_as(PublishedEvents),
    )


def subscribe(
    topic: TopicId | str, *, name: str, purpose: str, after: int | None, since: datetime | None
) -> Ask[Subscription]:
    """Subscribe."""
    body = given(topic=str(topic), name=name, purpose=purpose, after=after, since=_text(since))
    return _post(_SUBSCRIPTIONS, {}, body)


def subscriptions() -> Ask[Subscriptions]:
    """List the subscriptions."""
    return Ask(method="GET", path=_SUBSCRIPTIONS, repeatable=True, read=read_as(Subscriptions))


def unsubscribe(topic: TopicId | str, *, name: str) -> Ask[Subscription]:
    """End a subscription."""
    return Ask(method="DELETE", path=_SUBSCRIPTIONS, params=_which(topic, name), read=read_as(Subscription))


def read(  # noqa: PLR0913 - by keyword
    topic: TopicId | str, *, name: str, after: int | None, chain: UUID | None, limit: int, wait: int
) -> Ask[TopicEvents]:
    """Read what comes next."""
    chained = None if chain is None else str(chain)
    params = _which(topic, name) | given(after=after, chain=chained, limit=limit, wait=wait or None)
    return Ask(method="GET", path=_EVENTS, params=params, repeatable=True, patience=wait, read=read_as(TopicEvents))


def acknowledge(topic: TopicId | str, sequence: int, *, name: str) -> Ask[Subscription]:
    """Acknowledge everything up to an event."""
    return _post("/v1/topics/ack", _which(topic, name), {"sequence": sequence})


def seek(topic: TopicId | str, *, name: str, sequence: int | None, since: datetime | None) -> Ask[Subscription]:
    """Read from another place on."""
    return _post("/v1/topics/seek", _which(topic, name), given(sequence=sequence, since=_text(since)))


def _post(path: str, params: dict[str, str | int], body: dict[str, object]) -> Ask[Subscription]:
    return Ask(
        method="POST",
        path=path,
        params=params,
        headers=_JSON,
        content=written(body),
        # Said again it changes nothing.
        repeatable=True,
        read=read_as(Subscription),
    )


def _which(topic: TopicId | str, name: str) -> dict[str, str | int]:
    return {"topic": str(topic), "name": name}


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
