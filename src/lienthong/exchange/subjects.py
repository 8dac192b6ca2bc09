"""Subjects on the carrier: who to whom, and nothing else.

``rpc|mail.<branch>.<site>.<organ>.<branch>.<site>.<organ>``, receiver first. The broker's permissions keep a
site to its own half of the name; the seals prove what the broker only fences. A topic has no receiver:
``topic.<branch>.<site>.<organ>.<digest of its name>``.
"""

import hashlib
from typing import Final, Self

import msgspec

from lienthong.directory.model import Organ
from lienthong.exchange.errors import Malformed
from lienthong.kernel.identifiers import TopicId

_PARTS = 7
# Branch and site of who publishes stand where the sender's do in the others: behind the kind.
_TOPIC_PARTS: Final = 5


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A subject taken apart: carrier tokens of both ends."""

    to_branch: str
    to_site: str
    to_organ: str
    from_branch: str
    from_site: str
    from_organ: str

    @classmethod
    def parse(cls, subject: str) -> Self:
        """Read a call's or a message's subject.

        Raises:
            Malformed: another number of parts.
        """
        parts = subject.split(".")
        if len(parts) != _PARTS:
            raise Malformed(f"subject {subject[:200]!r}")
        return cls(
            to_branch=parts[1],
            to_site=parts[2],
            to_organ=parts[3],
            from_branch=parts[4],
            from_site=parts[5],
            from_organ=parts[6],
        )


def call_subject(sender: Organ, receiver: Organ) -> str:
    """Return the subject of a call."""
    return f"rpc.{_end(receiver)}.{_end(sender)}"


def mail_subject(sender: Organ, receiver: Organ) -> str:
    """Return the subject of a message or a receipt."""
    return f"mail.{_end(receiver)}.{_end(sender)}"


def mail_stream(branch: str) -> str:
    """Return the stream that keeps a branch's mail."""
    return f"MAIL_{branch}"


def blob_stream(branch: str) -> str:
    """Return the stream that keeps a branch's large contents."""
    return f"BLOB_{branch}"


def blob_prefix(sender: Organ, name: str) -> str:
    """Return the prefix of the subjects of one large content's chunks."""
    return f"blob.{sender.branch}.{sender.site}.{name}"


def topic_subject(owner: Organ, topic: TopicId) -> str:
    """Return the subject of a topic: its name is told by a digest only, for the carrier need not know it."""
    name = hashlib.sha256(f"lienthong topic v1\n{topic}".encode()).hexdigest()[:32]
    return f"topic.{_end(owner)}.{name}"


def topic_site(subject: str) -> str:
    """Return the site that the carrier let publish on a topic's subject.

    Raises:
        Malformed: another number of parts.
    """
    parts = subject.split(".")
    if len(parts) != _TOPIC_PARTS:
        raise Malformed(f"subject {subject[:200]!r}")
    return parts[2]


def topic_stream(branch: str) -> str:
    """Return the stream that keeps a branch's topics."""
    return f"TOPIC_{branch}"


def _end(organ: Organ) -> str:
    return f"{organ.branch}.{organ.site}.{organ.token}"
