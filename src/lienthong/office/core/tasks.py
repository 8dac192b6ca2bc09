"""Background work of the frame."""

from datetime import UTC, datetime

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
