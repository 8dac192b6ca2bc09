"""The wheel holds whatever a site needs, and nothing that only a checkout does."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
OFFICE = "lienthong/office/"


@pytest.fixture(scope="module")
def packed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel built of this checkout."""
    if not (project / "src/lienthong/office/static/staticfiles.json").exists():
        pytest.fail("The pages have no style sheet. Run `make assets`.", pytrace=False)
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    (wheel,) = folder.glob("lienthong-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _tracked(project: Path) -> set[str]:
    """Return the files of the sources that git has, or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "src"]
    found = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
    return {name.removeprefix("src/") for name in found.stdout.splitlines() if (project / name).exists()}


def test_everything_git_has_is_in_it_but_what_the_pages_are_built_of(project: Path, packed: set[str]) -> None:
    wanted = {name for name in _tracked(project) if not name.startswith(f"{OFFICE}assets/")}
    for part in ("/templates/", "/locale/", "/migrations/"):
        assert any(part in name and name.startswith(OFFICE) for name in wanted)
    assert any(name.endswith("/LC_MESSAGES/django.mo") for name in wanted)
    assert wanted - packed == set()


def test_every_built_file_of_the_pages_is_in_it(project: Path, packed: set[str]) -> None:
    static = project / "src" / OFFICE / "static"
    built = {f"{OFFICE}static/{file.relative_to(static)}" for file in static.rglob("*") if file.is_file()}
    for kind in (".css", ".js", ".woff2", "staticfiles.json"):
        assert any(name.endswith(kind) for name in built)
    assert built - packed == set()


def test_nothing_else_is_in_it(project: Path, packed: set[str]) -> None:
    tracked = _tracked(project)
    strange = {
        name for name in packed
        if name not in tracked and not name.startswith(f"{OFFICE}static/") and ".dist-info/" not in name
    }  # fmt: skip
    assert strange == set()
    assert not any(name.startswith(f"{OFFICE}assets/") for name in packed)
