"""The trail is chained in the background."""

from pathlib import Path

from django.test import override_settings

from lienthong.office.trail.notary import Notary
from lienthong.office.trail.tasks import chain_trail
from tests.office.people import House
from tests.office.trail.test_chain import note


def test_the_minute_chains_what_was_recorded(lasting_house: House, tmp_path: Path) -> None:
    note(lasting_house)
    with override_settings(STATE=tmp_path):
        chain_trail(0)
        journal = Notary.open().journal()
    assert journal.size == 1
    journal.close()


def test_it_runs_every_minute_and_never_beside_itself() -> None:
    assert chain_trail.lock == chain_trail.queueing_lock == "trail"
