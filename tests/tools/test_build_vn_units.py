"""The committed tables are what the build makes of its source, where that is installed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools/build_vn_units.py"


@pytest.mark.skipif(
    importlib.util.find_spec("vietnamadminunits") is None,
    reason="vietnamadminunits is not installed: uv pip install --group units",
)
def test_the_committed_tables_are_up_to_date() -> None:
    checked = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_another_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dataset.db").write_bytes(b"another version")
    arguments = [sys.executable, str(SCRIPT), "--check", "--source", str(tmp_path)]
    checked = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert checked.returncode == 2
    assert "is not that of vietnamadminunits 1.0.4" in checked.stderr
