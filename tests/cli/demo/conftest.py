"""One run of the demo that many tests look at: it takes a while."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import demo

# One more than the first province and its communes: the second province is at another gateway.
ORGANS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A demo that has ended, with the folder it was told to keep everything in."""

    folder: Path
    status: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, Any]:
        values: dict[str, Any] = json.loads(self.out)
        return values

    def state(self, site: str) -> Path:
        return self.folder / "sites" / site


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("demo") / "state"
    done = demo.run("--headless", "--json", "--organs", str(ORGANS), "--hosts", "2", "--state", str(folder))
    return Ran(folder=folder, status=done.returncode, out=done.stdout, err=done.stderr)
