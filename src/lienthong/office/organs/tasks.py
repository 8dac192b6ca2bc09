"""Background work on the tree."""

from procrastinate.contrib.django import app

from lienthong.office.organs.actions.due import bring_all_into_force
from lienthong.office.organs.actions.imports import forget_uploads


@app.periodic(cron="2 * * * *")
@app.task(name="organs.bring_into_force", queueing_lock="organs.bring_into_force", pass_context=False)
def bring_into_force(timestamp: int) -> None:
    """Do what was decided for today. Every hour: midnight is at another one elsewhere, and what failed comes again."""
    del timestamp
    bring_all_into_force()
    forget_uploads()
