"""Why events could not be published or read."""

from lienthong.exchange.errors import ExchangeError, Refused


class TopicUnknown(Refused):
    """There is no such topic."""

    code = "topic_unknown"
    fault = "UnknownService"
    hint = "Check the identifier with `lienthong directory show`; a new topic must be published in the directory first."


class NotGranted(Refused):
    """No grant allows reading this topic."""

    code = "topic_not_granted"
    hint = "Ask the owner of the topic to grant it to your information system."


class SchemaUnknown(ExchangeError):
    """The event's schema is not one that the topic has."""

    code = "schema_unknown"
    fault = "BadRequest"
    hint = "Name one of the topic's schemas, or have the new one published in the directory first."


class OutOfTurn(ExchangeError):
    """Something else has been published since."""

    code = "out_of_turn"
    fault = "BadRequest"
    hint = "Read how far the topic has come: either this was published already, or somebody else publishes, too."


class SubscriptionUnknown(ExchangeError):
    """There is no such subscription."""

    code = "subscription_unknown"
    fault = "BadRequest"
    hint = "Subscribe first."


class EventsMissing(ExchangeError):
    """Events that should come next are not there."""

    code = "events_missing"
    hint = "Begin anew from the newest snapshot, or go on behind the gap by reading after its last event."

    def __init__(self, topic: str, *, first: int, last: int, expired: bool) -> None:
        """Say what is missing.

        Args:
            topic: where.
            first: the first missing sequence.
            last: the last missing sequence.
            expired: whether its owner has said that they are past their time; if not, they were lost or held back.
        """
        super().__init__(f"{first} to {last} of {topic}, which {'have expired' if expired else 'were not delivered'}")
        self.first = first
        self.last = last
        self.expired = expired


class TopicRestarted(ExchangeError):
    """The topic's owner has begun it anew."""

    code = "topic_restarted"
    hint = "Sequences count from 1 again: begin anew from the newest snapshot, with a seek to the oldest event."


class EventForked(ExchangeError):
    """The topic's owner has sealed two different events for one place."""

    code = "event_forked"
    hint = "Nothing behind it is delivered. Its owner has restored an old journal: it must begin the topic anew."
