"""Sessions between two organs: one public-key operation, then a minute of calls without any."""

import os
from collections import OrderedDict
from typing import Final

import msgspec

from lienthong.kernel.clock import MINUTE, SECOND, Clock, Millis
from lienthong.trust import envelope
from lienthong.trust.envelope import Session
from lienthong.trust.keys import PublicKey

LIFETIME: Final[Millis] = MINUTE
# The receiver forgets later than the sender stops using it: calls under way still find their keys.
KEPT: Final[Millis] = LIFETIME + 30 * SECOND
_REMEMBERED: Final = 50_000


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """Whose session it is: carrier tokens of caller and provider."""

    caller: str
    provider: str


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A session as the provider knows it."""

    session: Session
    # The provider's key under which it was opened: what goes under the session is as secret as that key.
    kid: bytes


class CallerSessions:
    """The caller's side: opens sessions and uses those the provider has answered."""

    def __init__(self, clock: Clock) -> None:
        """Start without sessions."""
        self._clock = clock
        self._confirmed: dict[tuple[Ends, bytes], tuple[Session, Millis]] = {}

    def encrypt(self, plaintext: bytes, *, ends: Ends, key: PublicKey) -> tuple[bytes, Session]:
        """Encrypt a call, under a confirmed session where there is one.

        Returns:
            The envelope, and the session under which the answer will come.
        """
        session, until = self._confirmed.get((ends, key.kid), (None, 0))
        if session is not None and self._clock.now() < until:
            return session.encrypt_request(plaintext), session
        content_key = os.urandom(envelope.KEY_SIZE)
        return envelope.encrypt(plaintext, to=key, content_key=content_key), Session.derive(content_key)

    def confirm(self, session: Session, *, ends: Ends, key: PublicKey) -> None:
        """Use a session from now on: the provider has answered under it."""
        at = self._clock.now()
        known, until = self._confirmed.get((ends, key.kid), (None, 0))
        if known is None or at >= until:
            self._confirmed[ends, key.kid] = (session, at + LIFETIME)

    def forget(self, *, ends: Ends, key: PublicKey) -> None:
        """Stop using a session: the provider does not know it (any more)."""
        self._confirmed.pop((ends, key.kid), None)


class ProviderSessions:
    """The provider's side: remembers the sessions callers opened."""

    def __init__(self, clock: Clock) -> None:
        """Start without sessions."""
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[Opening, Ends, Millis]] = OrderedDict()

    def remember(self, opening: Opening, ends: Ends) -> None:
        """Remember a session that a call has opened."""
        at = self._clock.now()
        self._known[opening.session.id] = (opening, ends, at + KEPT)
        while self._known and (len(self._known) > _REMEMBERED or next(iter(self._known.values()))[2] <= at):
            self._known.popitem(last=False)

    def find(self, session_id: bytes, ends: Ends) -> Opening | None:
        """Return the session of that id if it is known, not too old, and between these two ends."""
        opening, owners, until = self._known.get(session_id, (None, None, 0))
        return opening if owners == ends and self._clock.now() < until else None
