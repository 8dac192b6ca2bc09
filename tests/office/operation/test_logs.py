"""What the log keeps of exceptions and of other libraries' lines."""

import json
import logging
from io import StringIO

import psycopg
import pytest
import structlog
from django.conf import settings

from lienthong.kernel.errors import LienthongError


def written(record: logging.LogRecord) -> dict[str, object]:
    """Format a record as the office does."""
    handler = logging.StreamHandler(StringIO())
    formatter = settings.LOGGING["formatters"]["json"]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=formatter["foreign_pre_chain"],
            processors=formatter["processors"],
            use_get_message=formatter["use_get_message"],
        )
    )
    line: dict[str, object] = json.loads(handler.format(record))
    return line


def raised(error: Exception) -> logging.LogRecord:
    try:
        raise error
    except Exception as caught:  # noqa: BLE001 - whichever
        return logging.LogRecord("x", logging.ERROR, __file__, 1, "it broke", None, (type(caught), caught, None))


def test_words_of_an_exception_are_left_out() -> None:
    line = written(raised(KeyError("hidden-1")))
    assert line["error"] == "builtins.KeyError"
    assert "hidden-1" not in json.dumps(line)


def test_of_the_database_it_keeps_the_kind_of_error() -> None:
    error = psycopg.errors.UniqueViolation("duplicate key: DETAIL Key (email)=(hidden-1) already exists")
    line = written(raised(error))
    assert line["sqlstate"] == "23505"
    assert "hidden-1" not in json.dumps(line)


def test_of_our_own_errors_it_keeps_the_code() -> None:
    assert written(raised(LienthongError("hidden-1")))["code"] == LienthongError.code


def test_values_in_other_libraries_lines_are_left_out() -> None:
    record = logging.LogRecord("other", logging.WARNING, __file__, 1, "no such person: %s", ("hidden-1",), None)
    assert written(record)["event"] == "no such person: %s"


def test_of_background_work_it_keeps_which_job() -> None:
    record = logging.LogRecord(
        "procrastinate.worker", logging.ERROR, __file__, 1, "send(to='hidden-1') failed", None, None
    )
    record.action = "job_error"
    record.job = {"id": 7, "task_name": "mail.send", "task_kwargs": {"to": "hidden-1"}}
    line = written(record)
    assert (line["event"], line["job"], line["task"]) == ("job_error", 7, "mail.send")
    assert "hidden-1" not in json.dumps(line)


@pytest.mark.parametrize("name", ["django.request", "django.server"])
def test_lines_that_quote_addresses_are_not_written(name: str) -> None:
    logger = logging.getLogger(name)
    assert not logger.isEnabledFor(logging.ERROR)
    assert not logger.propagate
