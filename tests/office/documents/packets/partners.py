"""An organ without this office that sends and gets packets, beside the bureau of the province."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from lienthong.kernel.labels import INTERNAL, Label
from lienthong.office.core import scope
from lienthong.office.documents.actions.files import keep
from lienthong.office.documents.actions.issuing import issue
from lienthong.office.documents.actions.letterheads import Head, set_letterhead
from lienthong.office.documents.models import Answer, Correspondent, Delivery, Dispatch, Document, File, Intake, Way
from lienthong.office.documents.packets.correspondents import add
from lienthong.office.documents.packets.entering import Entered, enter
from lienthong.office.documents.packets.formats import packets
from lienthong.office.documents.packets.leaving import export
from lienthong.office.organs.models import Unit
from lienthong.profiles.packets import Enclosure, Letter, News, Party, Received, Reference
from tests.office.documents.bureau import PDF, Bureau

OURS = "H37.DN.001"
THEIRS = "G22"
ID = "G22,2026/11/20,7816/VPCP-TTĐT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partners:
    """Both sides."""

    bureau: Bureau
    partner: Correspondent

    @property
    def organ(self) -> Unit:
        return self.bureau.house.organs["province"]

    def issued(self, *, dated: date | None = None, size: int = 0) -> Document:
        """A plan of the province, numbered, with a main file and an appendix."""
        document = self.bureau.signed()
        issue(actor=self.bureau.actor("clerk"), document=document)
        keep(document=document, role=File.Role.APPENDIX, name="Phụ lục.txt", chunks=[b"x" * (size or 3)])
        if dated is not None:
            with scope.system():
                Document.objects.filter(pk=document.pk).update(dated=dated)
        return self.bureau.fresh(document)

    def sent(self, document: Document | None = None) -> Dispatch:
        """Have a packet made of one."""
        made = export(actor=self.bureau.actor("clerk"), document=document or self.issued(), partners=[self.partner])
        with scope.system():
            return Dispatch.objects.select_related("document__organ").get(pk=made.pk)

    def come(self, data: bytes, way: Way = Way.PAGE) -> Entered:
        """Have a packet brought by the clerk."""
        return enter(actor=self.bureau.actor("clerk"), organ=self.organ, data=data, way=way)

    def tell(self, made: Dispatch, code: str, *, note: str = "", at: datetime | None = None) -> Entered:
        """Have the partner tell what became of what was sent."""
        about = Reference(organ=OURS, number=made.document.number, dated=made.document.dated, id=made.packet_id)
        news = News(sender=Party(code=THEIRS), about=about, code=code, note=note, at=at or datetime.now(UTC))
        return self.come(packets().write(news))


def letter(*, label: Label = INTERNAL, **changes: object) -> Letter:
    """Return what the partner may send."""
    return replace(
        Letter(
            sender=Party(code=THEIRS, name="Văn phòng Chính phủ"), receivers=(Party(code=OURS, name="Tỉnh 1"),), id=ID,
            label=label, type="Công văn", subject="Về việc kết nối", number="7816/VPCP-TTĐT", dated=date(2026, 11, 20),
            urgency="urgent", place="Hà Nội", signer="Người ký", pages=3, at=datetime(2026, 11, 20, 8, tzinfo=UTC),
            files=(
                Enclosure(name="công văn.pdf", media_type="application/pdf", data=PDF),
                Enclosure(name="phụ lục.pdf", media_type="application/pdf", data=PDF + b"2"),
            ),
        ),
        **changes,  # type: ignore[arg-type]  # as a test says
    )  # fmt: skip


def packet(**changes: object) -> bytes:
    """Return the same as a packet."""
    return packets().write(letter(**changes))  # type: ignore[arg-type]  # as a test says


def read(data: bytes) -> Received:
    """Return what a packet says, as whoever gets it reads it."""
    return packets().read(data)


def rows() -> list[int]:
    """Count whatever a packet could leave behind."""
    with scope.system():
        return [model.objects.count() for model in (Document, File, Intake, Answer, Delivery)]


def open_partners(bureau: Bureau) -> Partners:
    """Give the province its code and a partner."""
    administrator, organ = bureau.actor("administrator"), bureau.house.organs["province"]
    set_letterhead(actor=administrator, organ=organ, head=Head("TU", "Hà Nội", "001.DN.H37"))
    partner = add(actor=administrator, organ=organ, code="000.00.00.G22", name="Văn phòng Chính phủ")
    return Partners(bureau=bureau, partner=partner)
