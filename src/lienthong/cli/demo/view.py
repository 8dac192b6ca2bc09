"""What the demo shows on a terminal: progress while it works, tables when it is done."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from lienthong.cli.demo.attacks import Attempt
from lienthong.cli.demo.broadcast import STATES, Receipts, Result
from lienthong.cli.demo.calls import Called
from lienthong.cli.demo.systems import Shown
from lienthong.cli.evidence_view import meaning
from lienthong.cli.text import number
from lienthong.kernel.i18n import _, later
from lienthong.trust.header import ReceiptState

_BARS: Final = {
    "sent": later("sealed, encrypted, sent"),
    "delivered": later("delivered, receipt verified"),
    "opened": later("opened, receipt verified"),
    "accepted": later("accepted, receipt verified"),
}
_STATES: Final = {
    ReceiptState.DELIVERED: later("delivered"),
    ReceiptState.OPENED: later("opened"),
    ReceiptState.ACCEPTED: later("accepted"),
}
_ATTEMPTS: Final = {
    "tampered": later("one bit of a message is changed on the way"),
    "forged": later("a message is sealed in another organ's name"),
    "misdirected": later("a message is passed on to an organ it is not for"),
    "replayed": later("a recorded call is sent a second time"),
}


class View:
    """Writes to a console; silent when it must be."""

    def __init__(self, *, quiet: bool) -> None:
        """Write to standard output, or nowhere."""
        self.console = Console(quiet=quiet, highlight=False)
        self._bars: dict[str, TaskID] = {}
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=32, complete_style="red", finished_style="green"),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
        )

    def step(self, text: str) -> None:
        """Say what has been done."""
        self.console.print(f"[green]✓[/] {escape(text)}")

    def begin(self, organs: int) -> None:
        """Show the bars of the broadcast."""
        self._bars = {name: self.progress.add_task(_(text), total=organs) for name, text in _BARS.items()}

    def advance(self, name: str, count: int) -> None:
        """Move a bar on."""
        if name in self._bars:
            self.progress.advance(self._bars[name], count)

    def provinces(self, names: Mapping[str, str], receipts: Receipts) -> None:
        """Show how far the directive has come, by province."""
        table = Table(title=_("Receipts by province"), title_justify="left", show_footer=True)
        table.add_column(_("Code"), footer="")
        table.add_column(_("Province"), footer=_("all"))
        for state in STATES:
            table.add_column(_(_STATES[state]), justify="right", footer=number(receipts.total[state]))
        for branch, name in names.items():
            counts = receipts.by_branch.get(branch)
            if counts:
                table.add_row(branch, escape(name), *(number(counts[state]) for state in STATES))
        self.console.print(table)

    def result(self, result: Result, organs: int) -> None:
        """Show the times of the broadcast."""
        text = _(
            "{size} KB, sealed and encrypted to {organs} organs; delivery receipts all verified after {seconds} s."
        )
        self.console.print(
            Panel.fit(
                text.format(
                    size=round(result.bytes / 1000),
                    organs=number(organs),
                    seconds=number(result.seconds["delivered"], 1),
                ),
                border_style="red",
            )
        )

    def call(self, title: str, called: Called) -> None:
        """Show a call and its answer."""
        verdict = f"[red]{called.error}[/]" if called.error else f"[green]{called.status}[/]"
        self.console.print(f"\n[bold]{escape(title)}[/] → {verdict}")
        self.console.print(f"  [dim]{escape(called.curl)}[/]", soft_wrap=True)
        self.console.print(f"  {escape(called.body)}", soft_wrap=True)

    def shown(self, shown: Shown) -> None:
        """Show what the information systems did besides."""
        table = Table(title=_("What information systems do besides, over HTTP"), title_justify="left")
        table.add_column(_("What was done"))
        table.add_column(_("What came of it"))
        size, findings = number(shown.container.stat().st_size), len(shown.report.findings)
        text = _("{bytes} bytes; verified offline, {findings} defects").format(bytes=size, findings=findings)
        table.add_row(_("the proof of a call is fetched: an ASiC container"), self._outcome(text, good=shown.report.ok))
        receipts = ", ".join(_(_STATES[ReceiptState(state)]) for state in shown.receipts if state in _STATES)
        table.add_row(
            _("a message goes to a province, through the Python client"),
            self._outcome(_("receipts: {receipts}").format(receipts=receipts), good="accepted" in shown.receipts),
        )
        event = shown.event
        text = _("nothing") if event is None else f"{event.sequence}: {event.schema} {event.data.decode()}"
        table.add_row(
            _("a topic is followed; its owner publishes an event"), self._outcome(text, good=event is not None)
        )
        self.console.print()
        self.console.print(table)

    @staticmethod
    def _outcome(text: str, *, good: bool) -> str:
        return f"[{'green' if good else 'red'}]{escape(text)}[/]"

    def attempts(self, attempts: Sequence[Attempt]) -> None:
        """Show what was tried and how it was caught."""
        table = Table(title=_("Attacks with the means of a stolen gateway"), title_justify="left")
        table.add_column(_("What was tried"))
        table.add_column(_("What the receiving gateway said"))
        for attempt in attempts:
            said = f"[red]{_('nothing')}[/]"
            if attempt.detected:
                said = f"[green]{escape(meaning(attempt.verdict))}[/] [dim]{escape(attempt.verdict)}[/]"
            table.add_row(_(_ATTEMPTS[attempt.name]), said)
        self.console.print()
        self.console.print(table)
