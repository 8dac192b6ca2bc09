"""Results of the quality engine for a few hundred synthetic members, as ``lienthong quality run`` writes them."""

from datetime import date
from pathlib import Path
from typing import Final

from lienthong.office.core import scope
from lienthong.office.members import registry
from lienthong.office.organs.models import Unit
from lienthong.quality import database
from lienthong.quality.generating import generate
from lienthong.quality.pipeline import Job, Step, do
from lienthong.quality.units import Units
from tests.office.people import House

AREAS: Final = {"province": "01", "commune": "00004", "neighbour": "00008", "elsewhere": "79"}
"""Codes of the administrative units that the organs of a house stand for."""
RECORDS: Final = 400


def give_areas(house: House) -> None:
    """Let the organs of a house stand for administrative units."""
    with scope.system():
        for key, code in AREAS.items():
            Unit.objects.filter(pk=house.organs[key].pk).update(area_code=code)
            house.organs[key].area_code = code


def make_results(folder: Path) -> Path:
    """Generate members of two communes and clean them; return the folder of results."""
    units = _units()
    made, out = folder / "made", folder / "cleaned"
    made.mkdir()
    (folder / "scratch").mkdir()
    with database.connect(folder / "scratch", memory="500MB", threads=1) as connection:
        generate(connection, records=RECORDS, seed=7, folder=made, units=units)
    do(
        Job(
            described=registry.described(), source=made / "records", out=out, command="run",
            steps=[Step.LINK, Step.MERGE, Step.SCORE], today=date(2026, 11, 26), units=units, memory="500MB", threads=1,
        )
    )  # fmt: skip
    return out


def _units() -> Units:
    every = registry.units()
    moves = [each for each in every.successions if each.new_code in {"00004", "00008"} or each.old_code == "01"]
    kept = {"00004", "00008"} | {each.old_code for each in moves}
    return Units(
        versions=[each for each in every.versions if each.tier != "commune" or each.code in kept],
        successions=moves,
        reform=every.reform,
    )
