"""The background work as a process: jobs are done, those of dead workers too, and SIGTERM ends it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from lienthong.office.accounts.tasks import send_reset

if TYPE_CHECKING:
    from tests.office.people import House

PATIENCE = 60.0


@pytest.mark.slow
def test_it_works_until_it_is_told_to_stop(lasting_house: "House", tmp_path: Path, database_server: Path) -> None:
    del lasting_house
    name = connection.settings_dict["NAME"]
    url = re.sub(r"@/\w+\?", f"@/{name}?", os.environ["DATABASE_URL"])
    # One that a worker had begun when it was killed.
    number = send_reset.defer(email="nobody@test.invalid")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [number])
    app.configure_task("core.rescue_jobs").defer(timestamp=0)
    log = tmp_path / "work.log"
    # The file of the gateways is written later, as in the demo.
    environment = os.environ | {"DATABASE_URL": url, "LIENTHONG_OFFICE_EXCHANGE": str(tmp_path / "exchange.toml")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "lienthong.office.operation.work"], env=environment, stdout=output, stderr=output
        )
    try:
        until = time.monotonic() + PATIENCE
        while not ProcrastinateJob.objects.filter(pk=number, status="succeeded").exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.2)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert time.monotonic() - begun < PATIENCE / 10
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()
        process.wait()
