"""The directory: what branches signed in vain is named."""

from lienthong.directory.model import Refusal
from lienthong.directory.snapshot import Indexes, Snapshot
from lienthong.exchange.doctor import directory
from lienthong.exchange.doctor.lines import Level


def snapshot(*refusals: Refusal) -> Snapshot:
    return Snapshot(
        instance="VN",
        profile="none",
        version=1,
        expires=1,
        grace_until=2,
        branches={},
        refusals=refusals,
        indexes=Indexes(),
    )


def test_what_was_left_out_is_named() -> None:
    (line,) = directory._refusals(snapshot(Refusal(where="branch-01", why="the branch's signature has expired")))
    assert line.level is Level.WARN
    assert line.text == "Left out of the directory: 1 (branch-01: the branch's signature has expired)"


def test_nothing_left_out_is_not_worth_a_line() -> None:
    assert directory._refusals(snapshot()) == []
