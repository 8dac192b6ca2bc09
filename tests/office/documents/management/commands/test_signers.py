"""The operator's command for keys that sign; those in a token: tests/office/documents/test_signers.py."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.office.documents.keys import Authority


def test_every_key_is_opened_and_its_last_day_shown(issuer: Authority, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("signers")
    said = capsys.readouterr()
    assert said.out.startswith("T.province: CN=Tỉnh 1 → 20")
    assert said.err == ""


def test_what_cannot_be_used_is_named_and_the_others_are_opened_all_the_same(
    issuer: Authority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issuer.keep(tmp_path, "T.commune", "Xã 1")
    (tmp_path / "T.commune.pass").write_text("wrong")
    with pytest.raises(CommandError, match=r"T\.commune") as failed:
        call_command("signers")
    assert "T.province" not in str(failed.value)
    said = capsys.readouterr()
    assert "T.province: CN=" in said.out
    assert said.err.startswith("T.commune: ")
    assert "wrong" not in said.err.replace("the passphrase is wrong", "")


@pytest.mark.parametrize("ending", ["p12", "pass"])
@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_what_others_of_the_machine_can_read_is_refused_with_what_to_do(
    issuer: Authority, tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str, mode: int
) -> None:
    path = tmp_path / f"T.province.{ending}"
    path.chmod(mode)
    with pytest.raises(CommandError, match=r"T\.province"):
        call_command("signers")
    assert f"run: chmod 600 {path}" in capsys.readouterr().err
    path.chmod(0o600)
    call_command("signers")
