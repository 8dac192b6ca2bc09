"""What documents need of the background: sending them and telling of them, asking for them back, looking at files."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import override
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from lienthong.client import GatewayUnreachable, Problem, Unavailable
from lienthong.kernel.errors import LienthongError
from lienthong.office.documents import reports
from lienthong.office.documents.actions import dispatching, looking, previewing, recalling, reminding
from lienthong.office.documents.contents import keeping
from lienthong.office.documents.exchange import sending, telling
from lienthong.office.documents.exchange.errors import PacketInvalid, words
from lienthong.office.documents.packets import answers, leaving, posting

# 3, 9, 27 s … some 9 hours altogether: a gateway that is being moved loses nothing.
_ATTEMPTS: Final = 9
_AGAIN: Final = RetryStrategy(max_attempts=_ATTEMPTS, exponential_wait=3)


@app.task(name=dispatching.TASK, retry=_AGAIN, pass_context=True)
def dispatch(context: JobContext, *, dispatch_id: int) -> None:
    """Send a dispatch; what keeps it from leaving is told on its page."""
    with override(settings.LANGUAGE_CODE):
        try:
            sending.send(dispatch_id)
        except (Problem, PacketInvalid) as error:
            if not isinstance(error, Unavailable):
                # It cannot be described, or the gateway said no, and will say so again; nothing has left.
                sending.failed(dispatch_id, words(error), sent_nothing=True)
                return
            _once_more(context, dispatch_id, error)
            raise
        except (LienthongError, OSError) as error:
            _once_more(context, dispatch_id, error)
            raise


def _once_more(context: JobContext, dispatch_id: int, error: Exception) -> None:
    final = context.job.attempts + 1 >= _ATTEMPTS
    # The system's own words, such as paths, are for the log.
    trouble = words(error) if isinstance(error, LienthongError) else _("The office could not read its files.")
    if isinstance(error, GatewayUnreachable):
        trouble = _("The gateway of the exchange does not answer.")
    sending.failed(dispatch_id, trouble, final=final)


@app.task(name=reports.TASK, retry=_AGAIN, pass_context=True)
def report(context: JobContext, *, document_id: int, code: str, note: str, at: str) -> None:
    """Tell the author of a document what became of it."""
    key = f"documents.report.{document_id}.{code}.{context.job.id}.{at}"
    telling.tell_author(document_id=document_id, code=code, note=note, at=datetime.fromisoformat(at), key=key)


@app.task(name=recalling.TASK, retry=_AGAIN)
def recall(*, document_id: int, reason: str) -> None:
    """Ask the receivers of a document for it."""
    telling.ask_back(document_id=document_id, reason=reason)


@app.task(name=answers.TASK, retry=_AGAIN)
def leave_answer(*, answer_id: int) -> None:
    """Write what an organ without this office is told into the folder of its sender."""
    posting.post_answer(answer_id)


@app.task(name=leaving.TASK, retry=_AGAIN, pass_context=True)
def leave_packet(context: JobContext, *, dispatch_id: int) -> None:
    """Write a packet into the folder of its organ; what keeps it from there is told on its page."""
    with override(settings.LANGUAGE_CODE):
        try:
            posting.post_dispatch(dispatch_id)
        except (LienthongError, OSError) as error:
            if context.job.attempts + 1 >= _ATTEMPTS:
                trouble = words(error) if isinstance(error, LienthongError) else _("The folder cannot be written to.")
                posting.failed(dispatch_id, trouble)
            raise


@app.task(name=looking.TASK, retry=_AGAIN)
def look_at_file(*, file_ids: Collection[int] = (), file_id: int | None = None) -> None:
    """Look at files that came or were brought, and keep their words; of one only, as earlier releases asked."""
    wanted = [*file_ids] if file_id is None else [file_id]
    trouble: Exception | None = None
    try:
        looking.look(wanted)
    except (LienthongError, OSError) as error:
        trouble = error
    for each in keeping.of_open(wanted):
        try:
            keeping.keep_words(each)
        except (LienthongError, OSError) as error:
            # The others need not wait for this one; it comes again.
            trouble = error
    if trouble is not None:
        raise trouble


@app.task(name=previewing.TASK, retry=_AGAIN)
def preview(*, file_id: int) -> None:
    """Make what stands for a file of an office program in the viewer."""
    previewing.make_preview(file_id)


@app.periodic(cron="30 6 * * *")
@app.task(name="documents.remind", queueing_lock="documents.remind", lock="documents.remind")
def remind_of_due(timestamp: int) -> None:
    """Tell each morning of what is due tomorrow, and of what is late."""
    reminding.remind(localdate(datetime.fromtimestamp(timestamp, UTC)))
