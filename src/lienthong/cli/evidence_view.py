"""How evidence looks: tables for people, plain values for programs, both in bounds of what is shown safely."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from lienthong.cli.text import plain
from lienthong.exchange.evidence.report import Report
from lienthong.kernel.clock import Millis, iso
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import _, later, ngettext, texts_of
from lienthong.trust.audit import Finding
from lienthong.trust.errors import SealInvalid
from lienthong.trust.header import Header
from lienthong.trust.journal_entry import Entry
from lienthong.trust.seal import header_of

# What the codes mean that no error class stands for.
_MEANINGS: Final = {
    "answer_differs": later("The seal does not answer the one it should."),
    "checkpoint_differs": later("The entries are not those that were signed."),
    "content_left_out": later("The content is not in the file; its digest is sealed."),
    "checkpoint_order": later("The checkpoint is older than one over fewer entries."),
    "columns_differ": later("The table shows something else than the entry says."),
    "directory_in_grace": later("The directory had run out; within its days of grace known grants go on."),
    "entry_altered": later("The entry is not the one that was recorded."),
    "entry_differs": later("The entry says something else than what was sealed."),
    "entry_missing": later("An entry is missing."),
    "file_damaged": later("The file is damaged."),
    "file_unreadable": later("The file cannot be read."),
    "in_the_future": later("It comes from the future."),
    "journal_truncated": later("The journal was cut short."),
    "member_differs": later("The file inside the record is not what the entry says."),
    "member_missing": later("A file is missing in the record."),
    "not_a_journal": later("It is not a journal of this version."),
    "signed_by": later("Whether to trust this certificate is for you to decide."),
    "stamped_at": later("A timestamp authority vouches for this time; whether to trust it is for you to decide."),
    "seal_missing": later("There is no seal where there must be one."),
    "too_many_findings": later("So much is wrong that the rest was not looked at."),
}
_WORDS: Final = re.compile(
    r"file|directory|receipt|entry|entry, seal \d+|entry \d+(?:, seal \d+)?|entries \d+ to \d+|entries from \d+"
    r"|(?:witnessed )?checkpoint \d+"
)
_PARTS: Final = {
    "witnessed checkpoint": later("witnessed checkpoint"),
    "checkpoint": later("checkpoint"),
    "entries from": later("entries from"),
    "entries": later("entries"),
    "entry": later("entry"),
    "seal": later("seal"),
    "file": later("file"),
    "directory": later("directory"),
    "receipt": later("receipt"),
    "to": later("to"),
}
_PART: Final = re.compile("|".join(_PARTS))
_ARROWS: Final = {"out": "→", "in": "←"}
_SHOWN_DETAIL: Final = 300
# Columns of a terminal on which there is room for the label, too.
_WIDE: Final = 110
# Blanks between the columns of a table.
_GAP: Final = 2
# Of an identifier or a subject: up to the sign that separates it from the next.
_WORD: Final = re.compile(r"[^/.]*[/.]?")


def time(at: Millis) -> str:
    """Return a time to the second, UTC."""
    return iso(at)[:19].replace("T", " ")


def place(where: str) -> str:
    """Return the place of a finding in the language that is spoken now."""
    return _PART.sub(lambda part: _(_PARTS[part[0]]), where) if _WORDS.fullmatch(where) else where


def meaning(code: str) -> str:
    """Return what a code means, in the language that is spoken now."""
    if code in _MEANINGS:
        return _(_MEANINGS[code])
    return next((f"{_(message)}." for known, message in _messages(LienthongError) if known == code), code)


def entry_values(index: int, entry: Entry) -> dict[str, object]:
    """Return an entry for a program."""
    return {
        "index": index,
        "at": iso(entry.at),
        "organ": entry.organ,
        "direction": entry.direction,
        "kind": entry.kind,
        "id": entry.id,
        "peer": entry.peer,
        "label": entry.label,
        "purpose": entry.purpose,
        "verdict": entry.verdict,
        "detail": entry.detail,
        "digests": [digest.hex() for digest in entry.digests],
        "seals": len(entry.seals),
    }


def report_values(report: Report) -> dict[str, object]:
    """Return a report for a program."""
    return {
        "holds": report.ok,
        "site": report.site,
        "index": report.index,
        "entries": report.entries,
        "seals": report.seals,
        "checkpoints": report.checkpoints,
        "contents": report.contents,
        "findings": [_finding_values(each) for each in report.findings],
        "notices": [_finding_values(each) for each in report.notices],
    }


def entry_table(entries: Sequence[tuple[int, Entry]], *, width: int) -> Table:
    """Return entries as a table for a terminal of that many columns."""
    wide = width >= _WIDE
    rows = [_row(index, entry, wide=wide) for index, entry in entries]
    titles = [_("Time (UTC)"), *([_("Kind"), _("Label"), _("Verdict")] if wide else [_("Kind, verdict")])]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right", no_wrap=True)
    for title in titles:
        table.add_column(title, no_wrap=True)
    table.add_column(_("Organ, other side"), overflow="fold")
    taken = sum(
        _GAP + max(cell_len(title), *(cells[number].cell_len for cells in rows))
        for number, title in enumerate(["#", *titles])
    )
    for cells, (_index, entry) in zip(rows, entries, strict=True):
        table.add_row(*cells, Text(_ends(entry, width - taken)))
    return table


def _row(index: int, entry: Entry, *, wide: bool) -> list[Text]:
    """Return the cells of an entry but the last; a narrow table has kind and verdict in one, and no label."""
    style = "" if entry.verdict == "ok" else "red" if entry.kind == "alarm" else "yellow"
    kind, label, verdict = (plain(text) for text in (entry.kind, entry.label, entry.verdict))
    cells = [Text(str(index)), Text(time(entry.at))]
    if wide:
        return [*cells, Text(kind), Text(label), Text(verdict, style)]
    return [*cells, Text.assemble(kind, " ", (verdict, style))]


def _ends(entry: Entry, room: int) -> str:
    """Return both ends of an exchange, on one line or on as many as it takes, none of them cut inside a word."""
    organ, peer = f"{plain(entry.organ)} {_ARROWS.get(entry.direction, '·')}", plain(entry.peer)
    if cell_len(f"{organ} {peer}") <= room:
        return f"{organ} {peer}".rstrip()
    lines = [organ, ""]
    for word in _WORD.findall(peer):
        if lines[-1] and cell_len(lines[-1] + word) > room:
            lines.append("")
        lines[-1] += word
    return "\n".join(lines)


def entry_facts(index: int, entry: Entry, covered: str, holds: Mapping[int, Text]) -> RenderableType:
    """Return an entry with its seals.

    Args:
        index: its number.
        entry: the entry.
        covered: which checkpoint covers it, in words.
        holds: number of a seal → whether it holds, in words.
    """
    facts = _facts(
        {
            _("Entry"): str(index),
            _("Time (UTC)"): time(entry.at),
            _("Organ"): entry.organ,
            _("Direction"): entry.direction,
            _("Kind"): entry.kind,
            _("Exchange"): entry.id,
            _("Other side"): entry.peer,
            _("Label"): entry.label,
            _("Purpose"): entry.purpose,
            _("Verdict"): entry.verdict,
            _("Detail"): entry.detail,
            _("Contents (SHA-256)"): "\n".join(digest.hex() for digest in entry.digests),
            _("Checkpoint"): covered,
        }
    )
    parts: list[RenderableType] = [facts]
    for number, sealed in enumerate(entry.seals):
        title = Text(_("Seal {number}").format(number=number), "bold")
        parts += [Text(), Text.assemble(title, "  ", holds.get(number, "")), _seal(sealed)]
    return Group(*parts)


def finding_table(findings: Iterable[Finding], style: str) -> Table:
    """Return findings as a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (_("Where"), _("Code"), _("What"), _("Detail")):
        table.add_column(title, overflow="fold")
    for each in findings:
        detail = plain(each.detail)[:_SHOWN_DETAIL]
        table.add_row(Text(plain(place(each.where)), style), each.what, Text(meaning(each.what)), Text(detail))
    return table


def show_report(console: Console, report: Report) -> None:
    """Print what verifying came to."""
    if report.index is not None:
        console.print(_("Entry {index} of the journal of site {site}").format(index=report.index, site=report.site))
    elif report.site:
        console.print(_("Journal of site {site}").format(site=plain(report.site)), markup=False)
    if report.findings:
        console.print(finding_table(report.findings, "red"))
    if report.notices:
        console.print(_("For your information:"))
        console.print(finding_table(report.notices, "yellow"))
    looked_at = ", ".join(
        (
            ngettext("{n} entry", "{n} entries", report.entries).format(n=report.entries),
            ngettext("{n} seal", "{n} seals", report.seals).format(n=report.seals),
            ngettext("{n} checkpoint", "{n} checkpoints", report.checkpoints).format(n=report.checkpoints),
        )
    )
    if report.ok:
        console.print(Text(_("Everything holds: {looked_at}.").format(looked_at=looked_at), "bold green"))
        return
    count = len(report.findings)
    text = ngettext("It does not hold: {n} defect", "It does not hold: {n} defects", count).format(n=count)
    console.print(Text(f"{text} ({looked_at}).", "bold red"))


def _seal(sealed: bytes) -> RenderableType:
    try:
        header = header_of(sealed)
    except SealInvalid as error:
        return Text(plain(f"{_(error.message)}: {error.where}"), "red")
    return _facts(header_facts(header))


def header_facts(header: Header) -> dict[str, str]:
    """Return what a seal says, by name in the language that is spoken now; what is empty is left out."""
    contents = "\n".join(f"{one.name or '–'} {one.media_type} {one.size} B" for one in header.contents)
    facts = {
        _("Kind"): header.kind.value,
        _("Sender"): header.sender,
        _("Receiver"): header.receiver,
        _("Created (UTC)"): time(header.created),
        _("Expires (UTC)"): time(header.expires),
        _("Request"): f"{header.method} {header.path}".strip(),
        _("Subject"): header.subject,
        _("State"): header.status,
        _("Note"): header.note,
        _("Contents"): contents,
    }
    return {name: value for name, value in facts.items() if value}


def _facts(facts: Mapping[str, str]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts.items():
        if value:
            table.add_row(name, Text("\n".join(map(plain, value.split("\n")))))
    return table


def _finding_values(finding: Finding) -> dict[str, str]:
    return {
        "where": finding.where,
        "code": finding.what,
        "text": meaning(finding.what),
        "detail": finding.detail,
    }


def _messages(kind: type[LienthongError]) -> Iterable[tuple[str, str]]:
    yield kind.code, texts_of(kind)[0]
    for child in kind.__subclasses__():
        yield from _messages(child)
