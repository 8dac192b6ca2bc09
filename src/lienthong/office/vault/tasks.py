"""What happens to files and their keys in the background."""

from datetime import UTC, datetime
from typing import Final

import structlog
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from lienthong.office.vault import sweeping
from lienthong.office.vault.rewrapping import rewrap

# A key store or storage that is away for some hours.
_AGAIN: Final = RetryStrategy(max_attempts=12, exponential_wait=3)
_log = structlog.get_logger(__name__)


@app.task(name="vault.rewrap", retry=_AGAIN)
def rewrap_files(*, unit_id: int) -> None:
    """Bring the files of an organ under its newest key."""
    rewrap(unit_id)


@app.periodic(cron="20 2 * * *")
@app.task(name="vault.sweep", queueing_lock="vault.sweep", lock="vault.sweep")
def sweep_files(timestamp: int) -> None:
    """Remove objects that no file has."""
    try:
        sweeping.sweep(datetime.fromtimestamp(timestamp, UTC))
    except sweeping.StorageOfOthers:
        _log.warning("vault_not_swept")
