"""Django's own check of a deployment finds nothing, as the office is run behind a proxy with TLS."""

import os
import subprocess
import sys
from pathlib import Path


def test_check_of_a_deployment_is_clean(tmp_path: Path) -> None:
    env = os.environ | {
        "LIENTHONG_OFFICE_URL": "https://office.example.test",
        "LIENTHONG_OFFICE_STATE": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "lienthong.office.settings",
    }
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "no issues (1 silenced)" in done.stdout
