"""Results of checks: many names are summed up, errors keep their advice."""

import pytest

from lienthong.exchange.doctor.lines import Level, Subject, failed, some
from lienthong.kernel.errors import LienthongError
from lienthong.trust.errors import KeyStoreError


@pytest.mark.parametrize(
    ("names", "shown"), [([], ""), (["a"], "a"), (["a", "b", "c"], "a, b, c"), (["a", "b", "c", "d"], "a, b, c …")]
)
def test_some_of_many(names: list[str], shown: str) -> None:
    assert some(iter(names)) == shown


def test_an_error_becomes_a_line() -> None:
    line = failed(Subject.KEYS, KeyStoreError("the place", hint="Do this."))
    assert (line.level, line.text, line.advice) == (
        Level.FAIL,
        "The key store cannot be used: the place",
        "Do this.",
    )
    assert failed(Subject.KEYS, LienthongError()).text == "Something went wrong in the exchange"
