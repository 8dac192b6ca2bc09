"""Background work on work files."""

from datetime import UTC, datetime

from django.utils.timezone import localdate
from procrastinate.contrib.django import app

from lienthong.office.records.actions.reminding import remind


@app.periodic(cron="20 6 * * *")
@app.task(name="records.remind", queueing_lock="records.remind", lock="records.remind")
def remind_makers(timestamp: int) -> None:
    """Tell makers each morning which of their files are due at the archive."""
    remind(localdate(datetime.fromtimestamp(timestamp, UTC)))
