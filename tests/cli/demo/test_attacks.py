"""The attacks of the demo: each is caught for its own reason, and one that is not would be seen."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from lienthong.cli.demo import attacks
from lienthong.cli.demo.attacks import Attacker, Attempt
from lienthong.exchange.evidence.reader import JournalReader
from tests.cli.demo.conftest import Ran
from tests.support.gateways import COMMUNE, HSO, OTHER, UNITS, Echo, World, world


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def gateways(tmp_path: Path, echo: Echo) -> AsyncGenerator[World]:
    async with world(tmp_path, "tw", "p1", backend=echo) as made:
        yield made


def attacker(gateways: World, *, watching: str = "p1") -> Attacker:
    return Attacker(gateways.running["tw"], gateways.organ(COMMUNE), gateways.folder / watching / "journal.sqlite")


async def test_every_attack_is_caught_for_its_own_reason(gateways: World, echo: Echo) -> None:
    mallory, other = attacker(gateways), gateways.organ(OTHER)
    found = [
        await mallory.tamper(),
        await mallory.forge(other),
        await mallory.misdirect(other),
        await mallory.replay(HSO, UNITS, "/any"),
    ]
    assert {attempt.name: attempt.verdict for attempt in found} == {
        "tampered": "envelope_invalid",
        "forged": "key_unknown",
        "misdirected": "misdirected",
        "replayed": "replayed",
    }
    assert all(attempt.detected for attempt in found)
    # None of it has reached a mailbox; the service was called once.
    assert gateways.arrivals == []
    assert gateways.running["p1"].mailbox.list(COMMUNE) == []
    assert len(echo.calls) == 1


async def test_what_nobody_notices_is_not_detected(gateways: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attacks, "_PATIENCE", 0.2)
    attempt = await attacker(gateways, watching="tw").tamper()
    assert attempt == Attempt(name="tampered", verdict="")
    assert not attempt.detected


@pytest.mark.slow
def test_real_gateways_keep_the_evidence_of_it(ran: Ran) -> None:
    with JournalReader.open(ran.state("site-1") / "journal.sqlite") as journal:
        entries = [journal.entry(index) for index in range(journal.size)]
    alarms = [entry.verdict for entry in entries if entry.kind == "alarm"]
    assert alarms == ["envelope_invalid", "key_unknown", "misdirected", "replayed"]
