"""What the demo shows, in the language that is spoken."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lienthong.cli.demo.attacks import Attempt
from lienthong.cli.demo.broadcast import Receipts, Result
from lienthong.cli.demo.calls import Called
from lienthong.cli.demo.systems import Shown
from lienthong.cli.demo.view import View
from lienthong.exchange.evidence.report import Report
from lienthong.kernel import i18n
from lienthong.trust.header import ReceiptState


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLUMNS", "120")
    yield
    i18n.use("en")


def receipts(**counts: int) -> Receipts:
    """So many receipts of each branch and each state."""
    made = Receipts(expected=sum(counts.values()))
    for branch, count in counts.items():
        for state in (ReceiptState.DELIVERED, ReceiptState.OPENED, ReceiptState.ACCEPTED):
            made.by_branch[branch.removeprefix("b")][state] = count
            made.total[state] += count
    return made


RESULT = Result(bytes=96_400, published=3355, refused=0, seconds={"delivered": 7.25})
SHOWN = Shown(
    container=Path(__file__),
    report=Report(site="", index=None, findings=(), notices=()),
    receipts=("delivered", "opened", "accepted", "unheard of"),
    event=None,
    seconds=1.0,
)
CALLED = Called(curl="curl [x]", status=200, error="", body='{"a": [1]}')


def everything(view: View) -> None:
    view.step("done [so far]")
    view.provinces({"01": "Hà Nội [city]", "04": "Cao Bằng", "08": "–"}, receipts(b01=3000, b04=355))
    view.result(RESULT, 3355)
    view.call("A call", CALLED)
    view.shown(SHOWN)
    view.attempts([Attempt(name="forged", verdict="key_unknown"), Attempt(name="replayed", verdict="")])


def test_quiet_it_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    view = View(quiet=True)
    with view.progress:
        view.begin(3)
        view.advance("sent", 3)
    everything(view)
    assert capsys.readouterr() == ("", "")


def test_everything_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    everything(View(quiet=False))
    lines = [" ".join(line.replace("│", "|").replace("┃", "|").split()) for line in capsys.readouterr().out.split("\n")]
    assert "✓ done [so far]" in lines
    assert "| Code | Province | delivered | opened | accepted |" in lines
    assert "| 01 | Hà Nội [city] | 3,000 | 3,000 | 3,000 |" in lines
    assert "| | all | 3,355 | 3,355 | 3,355 |" in lines
    assert any(line.endswith("bytes; verified offline, 0 defects |") for line in lines)
    assert (
        "| a message goes to a province, through the Python client | receipts: delivered, opened, accepted |" in lines
    )
    assert "| a topic is followed; its owner publishes an event | nothing |" in lines
    # Nobody there has answered.
    assert not any(line.startswith("| 08") for line in lines)
    sent = "96 KB, sealed and encrypted to 3,355 organs; delivery receipts all verified after 7.2 s."
    assert any(sent in line for line in lines)
    assert {"A call → 200", "curl [x]", '{"a": [1]}'} <= set(lines)
    verdict = "The key is not in the directory. key_unknown"
    assert f"| a message is sealed in another organ's name | {verdict} |" in lines
    assert "| a recorded call is sent a second time | nothing |" in lines


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("vi", ["đã đến", "3.355", "7,2", "Khóa không có trong danh bạ. key_unknown"]),
        ("de", ["zugestellt", "3.355", "7,2", "Der Schlüssel steht nicht im Verzeichnis. key_unknown"]),
    ],
)
def test_in_other_languages(language: str, expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    i18n.use(language)
    everything(View(quiet=False))
    out = capsys.readouterr().out
    assert [each for each in expected if each not in out] == []
    assert not any(word in out for word in ("delivered", "Province", "was tried", "receipts"))


def test_progress_moves_bars_it_knows(capsys: pytest.CaptureFixture[str]) -> None:
    view = View(quiet=False)
    with view.progress:
        view.begin(3)
        for name in ("sent", "delivered", "refused"):
            view.advance(name, 2)
    assert [task.completed for task in view.progress.tasks] == [2, 2, 0, 0]
    assert "sealed, encrypted, sent" in capsys.readouterr().out
