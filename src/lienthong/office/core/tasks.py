"""Background work of the frame."""

from datetime import UTC, datetime

from procrastinate import JobContext
from procrastinate.contrib.django import app

from lienthong.office.core.notifications import cleaning, mailing


@app.periodic(cron="*/5 * * * *")
@app.task(name="core.mail_notifications", queueing_lock="core.mail_notifications", lock="core.mail_notifications")
def mail_notifications(timestamp: int) -> None:
    """Send what is due by mail."""
    mailing.send_due(datetime.fromtimestamp(timestamp, UTC))


@app.periodic(cron="40 3 * * *")
@app.task(name="core.forget_notifications", queueing_lock="core.forget_notifications")
def forget_notifications(timestamp: int) -> None:
    """Forget old notifications."""
    cleaning.forget(datetime.fromtimestamp(timestamp, UTC))


@app.periodic(cron="* * * * *")
@app.task(name="core.rescue_jobs", queueing_lock="core.rescue_jobs", pass_context=True)
async def rescue_jobs(context: JobContext, timestamp: int) -> None:
    """Have jobs done again whose worker has died: they would stay half done for ever.

    Every job of the office may be done twice: what it changes it changes in a transaction, what it tells others bears
    a key by which they know it again.
    """
    del timestamp
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs():
        await jobs.retry_job(job)
