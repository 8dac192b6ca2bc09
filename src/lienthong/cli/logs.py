"""The log on standard error: one line for each event, whoever had a hand in its words."""

import logging
import traceback

from lienthong.cli.text import plain


class OneLine(logging.Formatter):
    """Escapes what would begin a line of a stranger's making, or drive the terminal of who reads it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line."""
        return plain(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 - logging's own name
        """Return what a defect looks like from inside; its lines are indented, as no event's line is."""
        error = ei[1] if isinstance(ei, tuple) else None
        text = "".join(traceback.format_exception(error)) if isinstance(error, BaseException) else ""
        return "\n".join(f"  {plain(line)}" for line in text.splitlines())


def log_to_terminal(*, verbose: bool) -> None:
    """Send the log to standard error: warnings, or everything that may interest who looks for a cause."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])
