"""Results of the engine come into the database, and what people did stays with them."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.db.models import Sum, Value

from lienthong.office.core import scope
from lienthong.office.members.errors import NoOrgans, ResultsNotLoaded
from lienthong.office.members.loading.load import load
from lienthong.office.members.models import (
    Change,
    Decision,
    Failure,
    Identifier,
    Loading,
    Member,
    Record,
    ReviewItem,
    RuleCount,
    Score,
)  # fmt: skip
from lienthong.office.members.selectors.failing import still_failing
from lienthong.office.organs.models import Unit
from lienthong.quality import database
from lienthong.quality.errors import ResultsUnusable
from lienthong.quality.validating.history import HISTORY
from tests.office.members.engine import RECORDS, give_areas, make_results
from tests.office.members.loading.test_tree import into_one
from tests.office.organs.tree import fresh
from tests.office.people import House

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of results."""
    return make_results(tmp_path_factory.mktemp("members"))


def test_all_that_was_found_is_there_and_belongs_to_organs(house: House, results: Path) -> None:
    give_areas(house)
    loaded = load(results, memory="500MB")
    assert loaded.records == RECORDS
    with scope.system():
        assert Record.objects.count() == RECORDS
        assert Member.objects.count() == loaded.members < RECORDS
        assert Member.objects.aggregate(sum=Sum("records"))["sum"] == RECORDS
        assert Failure.objects.count() == loaded.failures == Member.objects.aggregate(sum=Sum("failures"))["sum"]
        commune = house.organs["commune"]
        assert Member.objects.filter(organ=commune, organ_path=commune.path, area="00004").exists()
        assert {path for (path,) in Member.objects.values_list("organ_path").distinct()} <= {
            house.organs[key].path for key in ("centre", "province", "commune", "neighbour")
        }
        one = Member.objects.exclude(cell="").first()
        assert one
        assert one.values["full_name"] == one.name
        assert None not in one.values.values()
        assert Identifier.objects.filter(member=one).exists()
        assert Score.objects.filter(area="*", cell="", parent="").count() == 4
        assert Score.objects.filter(area="00004").exclude(cell="").exists()
        whole = RuleCount.objects.filter(area="*").aggregate(sum=Sum("failures"))["sum"]
        assert whole == loaded.failures
        assert Loading.objects.get().members == loaded.members


def test_loading_again_keeps_addresses_decisions_and_proposals(house: House, results: Path) -> None:
    give_areas(house)
    load(results, memory="500MB")
    with scope.system():
        before = dict(Member.objects.values_list("key", "pk"))
        records = list(Record.objects.order_by("pk")[:2])
        ReviewItem.objects.create(place=9, kind="pair", left=records[0], right=records[1], organ_path="1/", impact=2)
        failing = Failure.objects.select_related("record").earliest("pk").record
        left, right = sorted(item.key for item in records)
        Decision.objects.create(
            left=left, right=right, organ_path="1/", verdict="same", state="standing", impact=2, person_id=1,
            person_name="x",
        )  # fmt: skip
        Change.objects.create(
            record=failing.key, organ_path=failing.organ_path, field="phone", source="page", person_id=1,
            person_name="x",
        )  # fmt: skip
    load(results, memory="500MB")
    with scope.system():
        assert dict(Member.objects.values_list("key", "pk")) == before
        assert Decision.objects.exists()
        assert set(Failure.objects.filter(record__key=failing.key).values_list("state", flat=True)) == {"proposed"}


def test_scores_bring_duplicates_and_what_earlier_runs_said(house: House, results: Path, tmp_path: Path) -> None:
    give_areas(house)
    folder = tmp_path / "results"
    shutil.copytree(results, folder)
    with database.connect(tmp_path, memory="500MB", threads=1) as connection:
        said = f"FROM read_parquet('{results / HISTORY}')"
        earlier = f"SELECT * REPLACE ('R' AS run, run_at - INTERVAL 7 DAY AS run_at, 50.5 AS score) {said}"
        connection.execute(f"COPY ({earlier} UNION ALL {said}) TO '{folder / HISTORY}' (FORMAT parquet)")
        ((day,),) = connection.execute(f"SELECT max(run_at) - INTERVAL 7 DAY {said}").fetchall()
    load(folder, memory="500MB")
    with scope.system():
        score = Score.objects.get(area="*", cell="", dimension="clean")
        assert score.past == [{"day": day.date().isoformat(), "score": 50.5}]
        assert score.estimated_duplicates is not None
        assert score.exact_duplicates is not None
        assert 0 < score.exact_duplicates <= score.estimated_duplicates < 50
        cell = Score.objects.exclude(cell="").first()
        assert cell
        assert (cell.past, cell.estimated_duplicates) == ([], None)


def test_results_of_something_else_are_refused(house: House, results: Path, tmp_path: Path) -> None:
    with pytest.raises(NoOrgans):
        load(results)
    give_areas(house)
    with pytest.raises(ResultsUnusable):
        load(tmp_path)
    (tmp_path / "manifest.json").write_text(
        (results / "manifest.json").read_text().replace('"registry": "member"', '"registry": "person"')
    )
    with pytest.raises(ResultsNotLoaded, match="person"):
        load(tmp_path)
    (tmp_path / "manifest.json").write_text((results / "manifest.json").read_text())
    with pytest.raises(ResultsNotLoaded, match=r"standardised\.parquet"):
        load(tmp_path)


def test_whoever_took_over_organs_has_what_fails_in_all_of_them(house: House, results: Path) -> None:
    give_areas(house)
    province = house.organs["province"]
    unit = into_one(house, [house.organs["commune"], house.organs["neighbour"]], province, "Xã 3")
    load(results, memory="500MB")
    with scope.system():
        assert set(Record.objects.filter(organ_path__startswith=province.path).values_list("organ", flat=True)) == {
            unit.pk
        }
        counts = RuleCount.objects.filter(area__in=("00004", "00008")).values("rule").annotate(number=Sum("failures"))
        expected = dict(counts.values_list("rule", "number"))
    assert _failing(unit, expected) == expected
    # Then by an organ that counts what is below its own area already: nothing is counted twice.
    into_one(house, [fresh(unit)], province)
    load(results, memory="500MB")
    with scope.system():
        above = dict(RuleCount.objects.filter(area="01").values_list("rule", "failures"))
    assert _failing(province, above) == above


def _failing(organ: Unit, rules: Iterable[str]) -> dict[str, int]:
    """Return how many records of an organ are said to break each of some rules."""
    with scope.system():
        one = Unit.objects.filter(pk=organ.pk)
        return {
            rule: one.annotate(left=still_failing(Value(rule))).values_list("left", flat=True).get() for rule in rules
        }
