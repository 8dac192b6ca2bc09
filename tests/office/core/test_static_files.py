"""Names of static files."""

import json
from pathlib import Path
from wsgiref.headers import Headers

import pytest
from pytest_django import Settings

from lienthong.office.core.static_files import Storage, guard


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


def test_the_worker_that_reads_strangers_files_may_fetch_from_here_and_nothing_else() -> None:
    headers = Headers([])
    guard(headers, "", "/static/core/viewer/worker.0123456789ab.js")
    policy = headers["Content-Security-Policy"] or ""
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "'unsafe-eval'" not in policy
    others = Headers([])
    guard(others, "", "/static/core/office.0123456789ab.js")
    assert others.items() == []
