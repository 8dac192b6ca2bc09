"""The log: what strangers say cannot pass for a line of it."""

import io
import logging
import re

import pytest

from lienthong.cli.logs import OneLine, log_to_terminal

FORGED = "x\n2026-01-01 00:00:00 WARNING all is well\x1b[2J\u2028"


def _logged(*arguments: object, error: Exception | None = None) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine("%(levelname)s %(message)s"))
    record = logging.LogRecord(
        "x", logging.ERROR, "", 0, "said: %s", arguments, (type(error), error, None) if error else None
    )
    handler.handle(record)
    return stream.getvalue()


def test_an_event_is_one_line() -> None:
    assert _logged(FORGED) == ("ERROR said: x\\n2026-01-01 00:00:00 WARNING all is well\\x1b[2J\\u2028\n")


def test_a_defect_s_lines_are_not_those_of_events() -> None:
    first, *others = _logged("a", error=ValueError(FORGED)).splitlines()
    assert first == "ERROR said: a"
    assert others
    assert all(re.match(r"  \S*", line) and line.isprintable() for line in others)


@pytest.mark.parametrize(("verbose", "level"), [(False, logging.WARNING), (True, logging.INFO)])
def test_the_terminal_gets_it(monkeypatch: pytest.MonkeyPatch, verbose: bool, level: int) -> None:  # noqa: FBT001 - a parameter of the test
    given: dict[str, object] = {}
    monkeypatch.setattr(logging, "basicConfig", lambda **fields: given.update(fields))
    log_to_terminal(verbose=verbose)
    assert given["level"] == level
    handlers = given["handlers"]
    assert isinstance(handlers, list)
    assert [type(each.formatter) for each in handlers] == [OneLine]
