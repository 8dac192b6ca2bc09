"""What ``lienthong edxml read`` shows. All of it was written by others: it is made plain before it is printed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lienthong.cli.text import number, plain
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import _, language
from lienthong.kernel.labels import Label
from lienthong.profiles.base import Language
from lienthong.profiles.vn.edxml import layout
from lienthong.profiles.vn.edxml.extraction import Place
from lienthong.profiles.vn.edxml.oddities import MEANINGS, Finding
from lienthong.profiles.vn.edxml.reading import Reading
from lienthong.profiles.vn.edxml.signatures import SignatureReport, Verdict
from lienthong.profiles.vn.edxml.values import (
    Business,
    BusinessKind,
    DocumentPacket,
    Number,
    Organ,
    ResponseFor,
    Staff,
    StatusPacket,
)
from lienthong.profiles.vn.labels import LABELS
from lienthong.profiles.vn.urgency import URGENCIES

_STYLES = {Verdict.INTACT: "green", Verdict.BROKEN: "bold red", Verdict.UNCHECKED: "yellow"}


def show(console: Console, reading: Reading, files: Mapping[Place, str] | None, above: Place = ()) -> None:
    """Print a packet, and those nested in it.

    Args:
        console: where to.
        reading: the packet.
        files: where its attachments were written to, if they were.
        above: where it is nested.
    """
    packet = reading.packet
    title = _("Document") if isinstance(packet, DocumentPacket) else _("Status of a document")
    where = ".".join(map(str, above))
    console.print(Text(f"{where} {title}".strip(), "bold"))
    rows = _document(packet) if isinstance(packet, DocumentPacket) else _status(packet)
    console.print(_facts({**rows, _("Errors"): "\n".join(f"{each.code} {each.description}" for each in packet.errors)}))
    if isinstance(packet, DocumentPacket) and packet.attachments:
        console.print(_attachments(packet, files or {}, above))
    for signature in reading.signatures:
        console.print(_signature(signature))
    if reading.findings:
        console.print(_warnings(reading.findings))
    for place, nested in reading.nested.items():
        console.print()
        show(console, nested, files, (*above, place))


def _document(packet: DocumentPacket) -> dict[str, str]:
    names = {_("Sender"): _organ(packet.sender)}
    other, signer, issued = packet.other, packet.signer, packet.promulgation
    return names | {
        _("Receivers"): "\n".join(map(_organ, packet.receivers)),
        _("Number"): _number(packet.number),
        _("Type of document"): packet.type.name or packet.type.code,
        _("Subject"): packet.subject,
        _("Content"): packet.content if packet.content != packet.subject else "",
        _("Issued"): ", ".join(filter(None, (issued.place, _day(issued.on)))),
        _("Signed by"): ", ".join(filter(None, (signer.competence, signer.position, signer.name))) if signer else "",
        _("Label"): _label(packet.label),
        _("Urgency"): _urgency(other.priority) if other is not None else "",
        _("Due"): _day(packet.due),
        _("Places"): "; ".join(packet.places),
        _("Appendixes"): "\n".join(other.appendixes) if other is not None else "",
        _("Pages"): str(other.pages) if other is not None and other.pages is not None else "",
        _("In answer to"): "\n".join(map(_response, packet.responses)),
        _("Id of the document"): packet.id,
        _("Way"): "\n".join(f"{each.organ} {_moment(each.at)}" for each in packet.trace),
        **_business(packet.business),
    }


def _status(packet: StatusPacket) -> dict[str, str]:
    meaning = _(layout.STATUSES[packet.status]) if packet.status in layout.STATUSES else ""
    return {
        _("Sender"): _organ(packet.sender),
        _("In answer to"): _response(packet.response),
        _("State"): f"{packet.status} {meaning}".strip(),
        _("Note"): packet.description,
        _("Time"): _moment(packet.at),
        _("Contact"): _staff(packet.staff),
    }


def _business(business: Business | None) -> dict[str, str]:
    if business is None:
        return {}
    kinds = {
        BusinessKind.NEW: _("a new document"),
        BusinessKind.REVOKE: _("takes a document back"),
        BusinessKind.UPDATE: _("updates a document"),
        BusinessKind.REPLACE: _("replaces documents"),
    }
    changes = business.info.receivers if business.info is not None else ()
    return {
        _("Purpose of the packet"): f"{kinds[business.kind]} {business.document_id}".strip(),
        _("Reason"): business.reason,
        _("Replaces"): "\n".join(f"{each.document_id} {', '.join(each.organs)}" for each in business.replacements),
        _("Changes of receivers"): "\n".join(f"{'+' if each.added else '−'} {each.organ}" for each in changes),
        _("Contact"): _staff(business.staff),
    }


def _attachments(packet: DocumentPacket, files: Mapping[Place, str], above: Place) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right")
    table.add_column(_("Attachment"), overflow="fold")
    table.add_column(_("Type of file"), overflow="fold")
    table.add_column(_("Bytes"), justify="right", no_wrap=True)
    table.add_column("SHA-256", overflow="fold")
    for at, each in enumerate(packet.attachments, 1):
        place = (*above, at)
        name = Text(plain(each.name))
        if place in files:
            name.append(f"\n→ {plain(files[place])}", "dim")
        table.add_row(str(at), name, Text(plain(each.type)), number(len(each.data)), each.sha256)
    return table


def _signature(report: SignatureReport) -> Table:
    verdicts = {
        Verdict.INTACT: _("intact, over all of the packet") if report.whole else _("intact, over a part of the packet"),
        Verdict.BROKEN: _("broken"),
        Verdict.UNCHECKED: _("not checked"),
    }
    text = Text(verdicts[report.verdict], _STYLES[report.verdict])
    if report.verdict is Verdict.INTACT:
        text.append(f"; {_('whether to trust the certificate is for you to decide')}")
    until = _("{begin} to {end}").format(begin=_moment(report.valid_from), end=_moment(report.valid_until))
    return _facts(
        {
            _("Certificate"): report.subject,
            _("Issued by"): report.issuer,
            _("Valid"): until if report.valid_from is not None else "",
            _("Algorithms"): ", ".join((report.algorithm, *report.digests)),
            _("Reason"): report.reason,
        },
        first=(_("Signature"), text),
    )


def _warnings(findings: Iterable[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(_("Line"), justify="right")
    for title in (_("Warning"), _("What"), _("Where"), _("Detail")):
        table.add_column(title, overflow="fold")
    for each in findings:
        where, detail = Text(plain(each.place)), Text(plain(each.detail))
        table.add_row(str(each.line or ""), Text(each.code, "yellow"), Text(_(MEANINGS[each.code])), where, detail)
    return table


def _facts(facts: Mapping[str, str], *, first: tuple[str, Text] | None = None) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    if first is not None:
        table.add_row(*first)
    for name, value in facts.items():
        if value.strip():
            table.add_row(name, Text("\n".join(map(plain, value.split("\n")))))
    return table


def _organ(organ: Organ) -> str:
    written = f" ({organ.written})" if organ.written else ""
    return f"{organ.code}{written} {organ.name}".strip()


def _number(value: Number) -> str:
    return "/".join(filter(None, (value.number, value.notation)))


def _response(response: ResponseFor) -> str:
    return ", ".join(filter(None, (response.organ, response.code, _day(response.on), response.document_id)))


def _staff(staff: Staff | None) -> str:
    return (
        ", ".join(filter(None, (staff.name, staff.department, staff.mobile, staff.email))) if staff is not None else ""
    )


def _label(text: str) -> str:
    try:
        label = Label.parse(text)
    except LienthongError:
        return text
    return "/".join([LABELS[label.level].names.of(Language(language())), *sorted(label.caveats)])


def _urgency(priority: int | None) -> str:
    found = next((each for each in URGENCIES if each.edxml_code == priority), None)
    return found.names.of(Language(language())) if found is not None else ""


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def _moment(at: datetime | None) -> str:
    return at.isoformat(" ", "seconds") if at is not None else ""
