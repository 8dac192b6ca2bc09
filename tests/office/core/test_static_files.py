"""Names of static files."""

import json
from pathlib import Path

import pytest
from pytest_django import Settings

from lienthong.office.core.static_files import Storage


def test_without_built_files_names_stay_plain(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    assert Storage().url("core/office.css") == "/static/core/office.css"


def test_built_files_have_their_hash_in_the_name(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    names = {"core/office.css": "core/office.0123456789ab.css"}
    (tmp_path / "staticfiles.json").write_text(json.dumps({"version": "1.1", "hash": "x", "paths": names}))
    assert Storage().url("core/office.css") == "/static/core/office.0123456789ab.css"
    with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
        Storage().url("core/nothing.css")
