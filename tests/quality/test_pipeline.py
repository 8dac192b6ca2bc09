"""Steps bring what they need, and an error on the way leaves nothing."""

from datetime import date
from pathlib import Path

import pytest

from lienthong.quality import description, pipeline, runs
from lienthong.quality.errors import RecordsRefused
from lienthong.quality.pipeline import Job, Step


def job(tmp_path: Path, *steps: Step) -> Job:
    """Return a job on ``a.csv``."""
    return Job(
        described=description.load("person"),
        source=tmp_path / "a.csv",
        out=tmp_path / "out",
        command="test",
        steps=steps,
        today=date(2026, 11, 26),
        threads=1,
    )


def test_a_step_brings_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,surname\n1,Smith\n", encoding="utf-8")
    begun: list[str] = []
    done = pipeline.do(job(tmp_path, Step.SCORE), begun.append)
    assert begun == ["read", "standardise", "validate", "score"]
    assert done.manifest == runs.read_manifest(tmp_path / "out")
    assert done.manifest.present() == {"surname"}
    assert list(done.manifest.seconds) == begun
    assert not (tmp_path / "out" / ".scratch").exists()


def test_an_error_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,surname\n1,Smith\n1,Smith\n", encoding="utf-8")
    with pytest.raises(RecordsRefused):
        pipeline.do(job(tmp_path, Step.STANDARDISE))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
