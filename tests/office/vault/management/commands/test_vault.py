"""The operator's commands for files and keys."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override
from pytest_django import Settings

from lienthong.office.core import scope
from lienthong.office.vault import keys
from lienthong.office.vault.configuration import FolderPlace, TokenPlace
from lienthong.office.vault.models import Blob
from lienthong.office.vault.rewrapping import rewrap
from lienthong.trust.errors import KeyStoreError
from tests.office.people import House
from tests.office.vault.boxes import keep, place_of, whole


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("vault", *arguments, stdout=out)
    return out.getvalue()


def test_check_reads_every_file_and_names_those_that_are_broken(house: House, files: Path) -> None:
    good, bad, lost, forged = (keep(house.organs["province"], str(number).encode()) for number in range(4))
    assert said("check").startswith("4 files")
    place_of(files, bad).write_bytes(b"x")
    place_of(files, lost).unlink()
    with scope.system():
        Blob.objects.filter(pk=forged.pk).update(sha256=bytes(32))
    out = io.StringIO()
    with pytest.raises(CommandError, match="3 are not"):
        call_command("vault", "check", stdout=out)
    named = {line.partition(":")[0] for line in out.getvalue().splitlines()}
    assert named == {str(blob.pk) for blob in (bad, lost, forged)}
    assert str(good.pk) not in out.getvalue()


def test_keys_are_shown_renewed_and_destroyed(house: House, files: Path) -> None:
    unit = house.organs["province"]
    keep(unit, b"x")
    assert said("keys", unit.code) == "generation 1, for new files, files under it: 1\n"
    assert said("rotate", unit.code) == "generation 2, for new files, files under it: 0\n"
    with pytest.raises(CommandError, match="still opens files"):
        said("destroy", unit.code, "1")
    rewrap(unit.pk)
    shown = said("destroy", unit.code, "1").splitlines()
    assert shown == [
        "generation 1, destroyed, files under it: 0",
        "generation 2, for new files, files under it: 1",
    ]
    with pytest.raises(CommandError, match="no unit"):
        said("keys", "nothing")


def test_the_passphrase_is_changed(house: House, files: Path, settings: Settings, tmp_path: Path) -> None:
    place = FolderPlace(folder=tmp_path / "k", passphrase=None)
    settings.VAULT = replace(settings.VAULT, keys=place)
    blob = keep(house.organs["province"], b"x")
    (tmp_path / "new").write_text("correct horse battery\n")
    assert "Start the office again" in said("passphrase", str(tmp_path / "new"))
    del keys._opened[place]
    with pytest.raises(KeyStoreError, match="does not open"):
        whole(blob)
    named = replace(place, passphrase=tmp_path / "new")
    settings.VAULT = replace(settings.VAULT, keys=named)
    assert whole(blob) == b"x"
    del keys._opened[named]
    with pytest.raises(CommandError, match="No such file"):
        said("passphrase", str(tmp_path / "nothing"))
    token = TokenPlace(library=tmp_path, token="t", pin=tmp_path)
    settings.VAULT = replace(settings.VAULT, keys=token)
    with pytest.raises(CommandError, match="token"):
        said("passphrase", str(tmp_path / "new"))


def test_a_storage_is_adopted(house: House, files: Path) -> None:
    said("adopt")
    assert [path.name for path in files.iterdir()] == ["owner"]
