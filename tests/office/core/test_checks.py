"""What is said before pages are served."""

from pathlib import Path

import pytest
from pytest_django import Settings

from lienthong.office.core.checks import assets_are_built


def test_a_checkout_without_style_sheet_is_told_how_to_make_it(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    (caution,) = assets_are_built()
    assert "make assets" in str(caution.hint)


@pytest.mark.parametrize("manifest", ["{}"])
def test_built_ones_are_fine(settings: Settings, tmp_path: Path, manifest: str) -> None:
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "staticfiles.json").write_text(manifest)
    assert assets_are_built() == []
