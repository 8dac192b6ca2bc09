"""What happens to the trail in the background."""

from typing import Final

from procrastinate.contrib.django import app

from lienthong.office.trail.chain import extend
from lienthong.office.trail.notary import Notary

_LOCK: Final = "trail"


@app.periodic(cron="* * * * *")
@app.task(name="trail.chain", lock=_LOCK, queueing_lock=_LOCK)
def chain_trail(timestamp: int) -> None:
    """Chain what was recorded since the last minute; sign it once an hour."""
    del timestamp
    extend(Notary.open())
