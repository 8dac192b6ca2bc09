"""The log: one JSON object for each line, with the request's id, and nothing that a person typed.

What is told of an exception is its type and where it came up. Its words may quote a value, a path or a whole row, so
they are left out, unless the error is one of our own and says by itself what may be shown.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from django.http import HttpRequest

from lienthong.kernel.errors import LienthongError

type Event = MutableMapping[str, Any]
_FRAMES: Final = 12
_SHARED: Final = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
_log = structlog.get_logger("office.error")


def configuration() -> dict[str, Any]:
    """Return the value of Django's setting LOGGING, and have structlog write the same way."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                # What other libraries fill into their lines is left out: it may be anything.
                "use_get_message": False,
                "foreign_pre_chain": [*_SHARED, _only_the_job],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    place_of_exception,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Their lines quote addresses; the office's own say the same without.
            "django.request": {"handlers": [], "level": "CRITICAL", "propagate": False},
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
            # One line for each job and each look for one.
            "procrastinate": {"level": "WARNING"},
            # One line for each look into a mailbox.
            "httpx2": {"level": "WARNING"},
        },
    }


def record_exception(sender: object, request: HttpRequest | None = None, **_: object) -> None:
    """Tell of an exception that no view caught; connected to Django's signal."""
    del sender, request
    _log.error("exception", exc_info=True)


def place_of_exception(_logger: object, _name: str, event: Event) -> Event:
    """Replace an exception by its type and the places it went through."""
    given = event.pop("exc_info", None)
    error = _exception(given)
    if error is None:
        return event
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    event["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
    event["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    if isinstance(error, LienthongError):
        event["code"] = error.code
    # Of PostgreSQL: five signs that say what kind of error, without values.
    if state := getattr(error.__cause__ or error, "sqlstate", None):
        event["sqlstate"] = state
    return event


def _exception(given: object) -> BaseException | None:
    match given:
        case True:
            return sys.exception()
        case BaseException():
            return given
        case (_, BaseException() as error, _):
            return error
        case _:
            return None


def _only_the_job(_logger: object, _name: str, event: Event) -> Event:
    """Say of background work which action and which job: its lines come filled in, with what the job was given."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord) and record.name.startswith("procrastinate"):
        event["event"] = str(getattr(record, "action", "work"))
        job = getattr(record, "job", None)
        if isinstance(job, dict):
            event["job"], event["task"] = job.get("id"), job.get("task_name")
    return event
