"""Sessions: confirmed by an answer, between two ends, for a minute."""

import pytest

from lienthong.exchange import sessions
from lienthong.exchange.sessions import KEPT, LIFETIME, CallerSessions, Ends, Opening, ProviderSessions
from lienthong.kernel.clock import ManualClock
from lienthong.trust.envelope import Session, session_id_of
from lienthong.trust.errors import EnvelopeInvalid
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import generate

NOW = 1_795_000_000_000
KEY = PublicKey(Algorithm.HPKE_4_KE, generate(Algorithm.HPKE_4_KE)[0], NOW, NOW + 1)
OTHER_KEY = PublicKey(Algorithm.HPKE_4_KE, generate(Algorithm.HPKE_4_KE)[0], NOW, NOW + 1)
ENDS = Ends(caller="a01", provider="u1")


def opening(number: int) -> Opening:
    return Opening(session=Session.derive(number.to_bytes(32)), kid=bytes(16))


def test_a_session_is_used_once_it_was_answered() -> None:
    clock = ManualClock(NOW)
    caller = CallerSessions(clock)
    first, session = caller.encrypt(b"1", ends=ENDS, key=KEY)
    second, _ = caller.encrypt(b"2", ends=ENDS, key=KEY)
    assert session_id_of(first) is None
    assert session_id_of(second) is None
    caller.confirm(session, ends=ENDS, key=KEY)
    third, same = caller.encrypt(b"3", ends=ENDS, key=KEY)
    assert (session_id_of(third), same) == (session.id, session)
    assert session.decrypt_request(third) == b"3"


@pytest.mark.parametrize("other", ["ends", "key"])
def test_a_session_belongs_to_its_ends_and_key(other: str) -> None:
    caller = CallerSessions(ManualClock(NOW))
    _, session = caller.encrypt(b"", ends=ENDS, key=KEY)
    caller.confirm(session, ends=ENDS, key=KEY)
    changed = (
        {"ends": Ends(caller="a02", provider="u1"), "key": KEY} if other == "ends" else {"ends": ENDS, "key": OTHER_KEY}
    )
    data, _ = caller.encrypt(b"", **changed)  # type: ignore[arg-type]  # by name
    assert session_id_of(data) is None


def test_a_session_ends_and_use_does_not_prolong_it() -> None:
    clock = ManualClock(NOW)
    caller = CallerSessions(clock)
    _, session = caller.encrypt(b"", ends=ENDS, key=KEY)
    caller.confirm(session, ends=ENDS, key=KEY)
    clock.advance(LIFETIME - 1)
    caller.confirm(Session.derive(bytes(32)), ends=ENDS, key=KEY)
    assert caller.encrypt(b"", ends=ENDS, key=KEY)[1] is session
    clock.advance(1)
    data, fresh = caller.encrypt(b"", ends=ENDS, key=KEY)
    assert session_id_of(data) is None
    caller.confirm(fresh, ends=ENDS, key=KEY)
    assert caller.encrypt(b"", ends=ENDS, key=KEY)[1] is fresh


def test_a_forgotten_session_is_not_used() -> None:
    caller = CallerSessions(ManualClock(NOW))
    _, session = caller.encrypt(b"", ends=ENDS, key=KEY)
    caller.confirm(session, ends=ENDS, key=KEY)
    caller.forget(ends=ENDS, key=KEY)
    caller.forget(ends=ENDS, key=KEY)
    assert session_id_of(caller.encrypt(b"", ends=ENDS, key=KEY)[0]) is None


def test_the_provider_knows_a_session_for_longer_than_it_is_used() -> None:
    clock = ManualClock(NOW)
    provider = ProviderSessions(clock)
    known = opening(1)
    provider.remember(known, ENDS)
    clock.advance(KEPT - 1)
    assert provider.find(known.session.id, ENDS) is known
    assert LIFETIME < KEPT
    clock.advance(1)
    assert provider.find(known.session.id, ENDS) is None


def test_the_provider_gives_a_session_to_its_ends_only() -> None:
    provider = ProviderSessions(ManualClock(NOW))
    known = opening(1)
    provider.remember(known, ENDS)
    for caller, provided in (("a02", "u1"), ("a01", "u2"), ("u1", "a01")):
        assert provider.find(known.session.id, Ends(caller=caller, provider=provided)) is None
    assert provider.find(bytes(16), ENDS) is None


def test_old_sessions_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_REMEMBERED", 3)
    clock = ManualClock(NOW)
    provider = ProviderSessions(clock)
    made = [opening(number) for number in range(5)]
    for each in made:
        provider.remember(each, ENDS)
    assert [provider.find(each.session.id, ENDS) is each for each in made] == [False, False, True, True, True]
    clock.advance(KEPT)
    provider.remember(made[0], ENDS)
    assert len(provider._known) == 1


def test_a_request_is_not_taken_for_an_answer() -> None:
    session = Session.derive(bytes(32))
    with pytest.raises(EnvelopeInvalid):
        session.decrypt_response(session.encrypt_request(b"x"), aad=b"")
