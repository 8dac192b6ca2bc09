"""A kind of notification for tests."""

from lienthong.office.core.notifications.kinds import Facts, Kind, kind_of, register

KIND = "tests:thing:came"
SILENT = "tests:thing:moved"


def _text(facts: Facts) -> str:
    return f"Thing {facts['name']} came"


if kind_of(KIND) is None:
    register(Kind(name=KIND, text=_text))
    register(Kind(name=SILENT, text=_text, mailed=False))
