"""Keys of requests: what they stand for survives, for a week."""

from pathlib import Path

import pytest

from lienthong.exchange.rest.v1.errors import InputInvalid, KeyReused
from lienthong.exchange.rest.v1.keys import KEPT_FOR, Keys, key_of
from lienthong.kernel.clock import ManualClock
from lienthong.trust.journal import Journal

CLIENT = "VN/PARTY/A01/hso"


async def test_a_key_stands_for_its_message_and_then_for_its_answer(tmp_path: Path) -> None:
    clock = ManualClock(10**12)
    journal = Journal.open(tmp_path / "journal.sqlite", site="tw", clock=clock)
    keys = Keys(journal, clock)
    first = await keys.claim(CLIENT, "k", b"digest")
    assert (first.answer, first.again) == (None, False)
    again = await keys.claim(CLIENT, "k", b"digest")
    assert (again.message, again.answer, again.again) == (first.message, None, True)
    await keys.answered(CLIENT, "k", b"answer")
    journal.close()
    journal = Journal.open(tmp_path / "journal.sqlite", site="tw", clock=clock)
    keys = Keys(journal, clock)
    assert (await keys.claim(CLIENT, "k", b"digest")).answer == b"answer"
    with pytest.raises(KeyReused):
        await keys.claim(CLIENT, "k", b"other")
    assert not (await keys.claim("VN/PARTY/A01", "k", b"other")).again
    clock.advance(KEPT_FOR + 1)
    await keys.claim(CLIENT, "another", b"digest")
    assert not (await keys.claim(CLIENT, "k", b"other")).again
    journal.close()


def test_a_key_is_printable_and_short() -> None:
    assert key_of(None) is None
    assert key_of("x" * 200) == "x" * 200
    for key in ("", "x" * 201, "a b", "é", "a\n"):
        with pytest.raises(InputInvalid):
            key_of(key)
