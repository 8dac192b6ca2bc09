"""``lienthong evidence``: look at the evidence of exchanges, export a record of it, verify it offline."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from lienthong.cli import evidence_view as view
from lienthong.cli.errors import FileTaken
from lienthong.exchange.evidence.errors import EvidenceMissing, RootInvalid
from lienthong.exchange.evidence.export import export_record
from lienthong.exchange.evidence.judge import Judge
from lienthong.exchange.evidence.reader import Filter, JournalReader
from lienthong.exchange.evidence.report import Notes, Report
from lienthong.exchange.evidence.trusted import Trusted, fingerprint, read_directory, read_root
from lienthong.exchange.evidence.verify import JOURNAL, read_witness, verify
from lienthong.kernel.clock import Millis, SystemClock, from_datetime
from lienthong.kernel.errors import BadInput
from lienthong.kernel.files import write_atomically
from lienthong.kernel.i18n import _
from lienthong.trust.audit import Progress as Tell
from lienthong.trust.journal import EntryUnknown
from lienthong.trust.journal_entry import Entry

app = typer.Typer(help="Look at the evidence of exchanges, export it, verify it.", no_args_is_help=True)

_ROOT: Final = "root.json"
_DIRECTORY: Final = "directory"
# Of a fingerprint: eight groups of four and the spaces between them.
_HALF: Final = 39

State = Annotated[
    Path,
    typer.Option(
        "--state", envvar="LIENTHONG_STATE", help="State folder of a gateway; it may be running.", file_okay=False
    ),
]
Which = Annotated[str, typer.Argument(help="Number of an entry, or the id of an exchange.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Root = Annotated[
    Path | None, typer.Option("--root", help="Root metadata that is trusted. Default: root.json beside the evidence.")
]


class EntryAmbiguous(BadInput):
    """Several entries belong to this exchange."""

    code = "entry_ambiguous"
    hint = "Name one of them by its number."


@app.command("list")
def list_(  # noqa: PLR0913 - filters, each with its name
    *,
    state: State,
    organ: Annotated[str | None, typer.Option(help="Only of this organ.")] = None,
    peer: Annotated[str | None, typer.Option(help="Only with this organ or information system.")] = None,
    kind: Annotated[str | None, typer.Option(help="request, response, message, receipt, refusal, alarm …")] = None,
    direction: Annotated[str | None, typer.Option(help="out, in or own.")] = None,
    verdict: Annotated[str | None, typer.Option(help="ok, or the code of a refusal.")] = None,
    exchange: Annotated[str | None, typer.Option("--id", help="Only of this exchange.")] = None,
    since: Annotated[str | None, typer.Option(help="From this time on (ISO 8601; UTC unless it says).")] = None,
    until: Annotated[str | None, typer.Option(help="Before this time.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many to show.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many of the newest to leave out.")] = 0,
    json: Json = False,
) -> None:
    """List entries, newest first."""
    wanted = Filter(
        organ=organ,
        peer=peer,
        kind=kind,
        direction=direction,
        verdict=verdict,
        id=exchange,
        since=_moment(since, "--since"),
        until=_moment(until, "--until"),
    )
    with JournalReader.open(state / JOURNAL) as journal:
        entries = journal.search(wanted, limit=limit, offset=offset)
        total = journal.count(wanted)
    if json:
        _print([view.entry_values(index, entry) for index, entry in entries])
        return
    console = Console()
    if not entries:
        console.print(_("No entries."))
        return
    console.print(view.entry_table(entries, width=console.width))
    last = offset + len(entries)
    text = _("{first} to {last} of {total}").format(first=offset + 1, last=last, total=total)
    more = "" if last >= total else "  " + _("Next page: --offset {last}").format(last=last)
    console.print(Text(text + more, "dim"))


@app.command()
def show(which: Which, *, state: State, root: Root = None, json: Json = False) -> None:
    """Show an entry, or all entries of an exchange, with what was sealed and whether it holds."""
    with JournalReader.open(state / JOURNAL) as journal:
        entries = [(index, journal.entry(index)) for index in _numbers(journal, which)]
        covering = {index: journal.covering(index) for index, _entry in entries}
    trusted = _trusted(state, root or state / _ROOT)
    if json:
        _print([view.entry_values(index, entry) | _judged(trusted, entry) for index, entry in entries])
        return
    console = Console()
    for index, entry in entries:
        checkpoint = covering[index]
        covered = _("not yet covered by any")
        if checkpoint is not None:
            covered = _("covered by the one over {size} entries of {at}").format(
                size=checkpoint.size, at=view.time(checkpoint.at)
            )
        console.print(view.entry_facts(index, entry, covered, _verdicts(trusted, entry)))
        console.print()


@app.command()
def export(  # noqa: PLR0913 - what to take, and where from and to
    which: Which,
    *,
    state: State,
    root: Root = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write. Default: evidence-SITE-NUMBER.zip.", dir_okay=False),
    ] = None,
    content: Annotated[
        list[Path] | None,
        typer.Option(help="Put this document into the record, in plain; may be repeated.", dir_okay=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a record of one entry that anyone can verify, and verify it."""
    trusted = Trusted.of(
        read_directory(state / _DIRECTORY), root=read_root(root or state / _ROOT), at=SystemClock().now()
    )
    with JournalReader.open(state / JOURNAL) as journal:
        index = _only(journal, which)
        path = output or Path(f"evidence-{journal.site}-{index}.zip")
        if path.exists() and not force:
            raise FileTaken(str(path))
        data = export_record(journal, trusted, index, contents=[_read(each) for each in content or ()])
    write_atomically(path, data)
    Console().print(_("{path}: {size} bytes").format(path=path, size=len(data)), markup=False, highlight=False)
    _finish(verify(path, read_root(root or state / _ROOT), SystemClock().now()))


@app.command("verify")
def verify_(  # noqa: PLR0913 - what to verify, and against what
    path: Annotated[
        Path,
        typer.Argument(help="An exported record, a container from /asic, a journal, or the state folder of a gateway."),
    ],
    *,
    root: Root = None,
    directory: Annotated[
        Path | None, typer.Option(help="The directory, for a journal. Default: directory/ beside it.")
    ] = None,
    content: Annotated[
        list[Path] | None, typer.Option(help="A document whose digest must be in the evidence; may be repeated.")
    ] = None,
    witness: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint of this journal that others keep; may be repeated.")
    ] = None,
    json: Json = False,
) -> None:
    """Verify a record, a container or a whole journal against nothing but the directory's root; exit status 0 or 1."""
    trusted = root or (path if path.is_dir() else path.parent) / _ROOT
    if root is None and not trusted.is_file():
        raise RootInvalid(str(trusted))
    data = read_root(trusted)
    with _progress(shown=not json) as tell:
        report = verify(
            path,
            data,
            SystemClock().now(),
            directory=directory,
            contents=content or (),
            witnessed=[read_witness(each) for each in witness or ()],
            progress=tell,
        )
    if json:
        own = {"path": str(trusted), "sha256": fingerprint(data).replace(" ", ""), "given": root is not None}
        _print({"path": str(path), **view.report_values(report), "root": own})
    else:
        console = Console()
        console.print(_("Trusted root: {path}, SHA-256").format(path=trusted), markup=False, highlight=False)
        for half in textwrap.wrap(fingerprint(data), _HALF):
            console.print(f"  {half}", highlight=False)
        if root is None:
            text = _("It lay beside the evidence. A real check takes the root from elsewhere: --root FILE.")
            console.print(Text(text, "yellow"))
    _finish(report, shown=not json)


def _finish(report: Report, *, shown: bool = True) -> None:
    if shown:
        view.show_report(Console(), report)
    if not report.ok:
        raise typer.Exit(1)


def _numbers(journal: JournalReader, which: str) -> list[int]:
    if which.isdecimal():
        return [int(which)]
    found = journal.find(which.lower())
    if not found:
        raise EntryUnknown(repr(which))
    return found


def _only(journal: JournalReader, which: str) -> int:
    found = _numbers(journal, which)
    if len(found) > 1:
        raise EntryAmbiguous(", ".join(map(str, found)))
    return found[0]


def _trusted(state: Path, root: Path) -> Trusted | None:
    """Return the directory to judge with; showing goes without one, too."""
    if not root.is_file() or not (state / _DIRECTORY).is_dir():
        return None
    return Trusted.of(read_directory(state / _DIRECTORY), root=read_root(root), at=SystemClock().now())


def _check(trusted: Trusted, entry: Entry) -> dict[int, str]:
    """Return number of a seal → code of what is wrong with it."""
    notes = Notes()
    Judge(trusted, notes).check("entry", entry)
    found = [*notes.findings, *notes.notices]
    return {int(each.where.rpartition(" ")[2]): each.what for each in found if ", seal " in each.where}


def _verdicts(trusted: Trusted | None, entry: Entry) -> dict[int, Text]:
    if trusted is None:
        unchecked = Text(_("not checked; name a trusted root with --root"), "dim")
        return dict.fromkeys(range(len(entry.seals)), unchecked)
    wrong = _check(trusted, entry)
    return {
        number: Text(view.meaning(wrong[number]), "red") if number in wrong else Text(_("holds"), "green")
        for number in range(len(entry.seals))
    }


def _judged(trusted: Trusted | None, entry: Entry) -> dict[str, object]:
    if trusted is None:
        return {}
    wrong = _check(trusted, entry)
    return {"seal_verdicts": [wrong.get(number, "ok") for number in range(len(entry.seals))]}


def _moment(text: str | None, option: str) -> Millis | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
    return from_datetime(at if at.tzinfo is not None else at.replace(tzinfo=UTC))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EvidenceMissing(f"{path}: {error.strerror}") from error


def _print(values: object) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(values), indent=2).decode())


@contextmanager
def _progress(*, shown: bool) -> Iterator[Tell | None]:
    console = Console(stderr=True)
    if not shown or not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(_("Verifying"), total=None)
        yield lambda done, of: progress.update(bar, completed=done, total=of)
