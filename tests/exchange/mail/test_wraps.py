"""Content keys for a minute: shared by letters to one key, never older, never for too many."""

import pytest

from lienthong.exchange.mail import wraps as module
from lienthong.exchange.mail.wraps import USED_FOR, Wraps
from lienthong.kernel.clock import ManualClock
from lienthong.trust.errors import EnvelopeInvalid
from lienthong.trust.keys import Algorithm, PublicKey
from tests.support.seals import NOW, Signer

KEYS = [Signer(Algorithm.HPKE_4_KE).key for _ in range(3)]


def test_a_content_key_is_used_for_a_minute() -> None:
    clock = ManualClock(NOW)
    wraps = Wraps(clock)
    first = wraps.to(KEYS[0])
    assert wraps.to(KEYS[1]) is not first
    clock.advance(USED_FOR - 1)
    assert wraps.to(KEYS[0]) is first
    clock.advance(1)
    second = wraps.to(KEYS[0])
    assert second is not first
    assert second.content_key != first.content_key


def test_a_content_key_is_used_for_so_many_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LETTERS", 2)
    wraps = Wraps(ManualClock(NOW))
    first = wraps.to(KEYS[0])
    for _ in range(2):
        assert wraps.to(KEYS[0]) is first
        first.encrypt(b"")
    assert wraps.to(KEYS[0]) is not first


def test_those_that_are_over_are_forgotten_and_there_are_never_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    clock = ManualClock(NOW)
    wraps = Wraps(clock)
    first = wraps.to(KEYS[0])
    wraps.to(KEYS[1])
    wraps.to(KEYS[2])
    assert set(wraps._current) == {KEYS[1].kid, KEYS[2].kid}
    assert wraps.to(KEYS[0]) is not first
    clock.advance(USED_FOR)
    wraps.to(KEYS[1])
    assert set(wraps._current) == {KEYS[1].kid}


def test_a_key_that_is_none_is_refused_each_time() -> None:
    wraps = Wraps(ManualClock(NOW))
    for _ in range(2):
        with pytest.raises(EnvelopeInvalid, match="malformed"):
            wraps.to(PublicKey(Algorithm.HPKE_4_KE, b"", 0, 1 << 50))
