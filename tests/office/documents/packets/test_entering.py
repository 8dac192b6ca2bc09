"""What comes as a packet is entered whole, once, as any arrival; what is not as it should be leaves nothing."""

import base64
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Label, Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Invalid
from lienthong.office.core.models import AuditEntry, Notification
from lienthong.office.documents.actions.receiving import accept
from lienthong.office.documents.models import Answer, Document, File, Intake, Relation, Way
from lienthong.office.documents.packets import correspondents
from lienthong.office.documents.packets.entering import Outcome
from lienthong.office.documents.packets.errors import (
    FileDamaged,
    LabelTooHigh,
    NotAddressed,
    PacketUnreadable,
    SenderUnknown,
)
from lienthong.office.vault.errors import FileInfected
from lienthong.office.vault.models import Blob
from lienthong.office.vault.selectors import read as content_of
from lienthong.profiles.packets import Enclosure, Party, Reference
from tests.office.documents.bureau import PDF
from tests.office.documents.packets.partners import ID, OURS, THEIRS, letter, packet, rows
from tests.support.edxml import HEADER, attachment, text, zipped

if TYPE_CHECKING:
    from tests.office.documents.packets.partners import Partners


def _files(document: Document) -> list[tuple[str, str, bytes]]:
    with scope.system():
        found = File.objects.filter(document=document).order_by("pk")
        return [(each.role, each.name, b"".join(content_of(each.blob_id))) for each in found]


def test_a_packet_arrives_as_what_comes_through_the_exchange(partners: "Partners") -> None:
    entered = partners.come(packet())
    document = entered.document
    assert entered.outcome is Outcome.ENTERED
    assert document is not None
    assert (document.state, document.direction, document.at_desk, document.level) == (
        "arrived", "incoming", True, Level.INTERNAL,
    )  # fmt: skip
    assert (document.number, document.dated, document.type) == ("7816/VPCP-TTĐT", date(2026, 11, 20), "cong-van")
    assert (document.urgency, document.author, document.author_code) == ("urgent", "Văn phòng Chính phủ", THEIRS)
    assert (document.signer, document.place, document.pages) == ("Người ký", "Hà Nội", 3)
    assert _files(document) == [("main", "công văn.pdf", PDF), ("appendix", "phụ lục.pdf", PDF + b"2")]
    with scope.system():
        intake = Intake.objects.get()
        assert (intake.sender_code, intake.packet_id, intake.way) == (THEIRS, ID, "page")
        assert intake.digest == entered.digest
        assert Notification.objects.filter(kind="documents:document:arrived").count() > 0
        kinds = set(AuditEntry.objects.filter(object_id=document.pk).values_list("kind", flat=True))
        assert kinds >= {"documents:document:arrive", "documents:packet:enter"}
        assert Answer.objects.get().code == "01"
        clerk = AuditEntry.objects.get(kind="documents:packet:enter")
        assert clerk.person_id == partners.bureau.people["clerk"].pk
    accept(actor=partners.bureau.actor("clerk"), document=document)
    assert partners.bureau.fresh(document).entry == 1


def test_the_same_packet_comes_once_by_whatever_way(partners: "Partners") -> None:
    first = partners.come(packet())
    before = rows()
    for way in Way:
        again = partners.come(packet(), way)
        assert (again.outcome, again.document) == (Outcome.KNOWN, first.document)
    assert rows() == before
    # Made anew, it is another packet: a clerk decides.
    assert partners.come(packet(subject="Khác")).outcome is Outcome.ENTERED


def test_files_come_in_all_the_ways_that_producers_pack_them(partners: "Partners") -> None:
    data = text(
        attachment(zipped(("x", PDF)), name="một.pdf", kind="application/zip"),
        attachment(PDF + b"2", name="hai.pdf", content_id="2"),
        attachment(zipped(("x", PDF + b"3")), name="ba.pdf", content_id="3"),
        attachment(zipped(("x", b"chu")), name="bon.txt", kind="text/plain", content_id="4"),
    )
    document = partners.come(data.encode()).document
    assert document is not None
    assert [(name, content) for _, name, content in _files(document)] == [
        ("một.pdf", PDF), ("hai.pdf", PDF + b"2"), ("ba.pdf", PDF + b"3"), ("bon.txt", b"chu"),
    ]  # fmt: skip
    # No label is no permission to make it public.
    assert document.level is Level.INTERNAL
    with scope.system():
        codes = {each["code"] for each in Intake.objects.get().oddities}
    assert {"zipped", "zipped-undeclared"} <= codes


def test_what_is_in_a_nested_packet_comes_along(partners: "Partners") -> None:
    inner = text(attachment(b"trong", name="trong.txt", kind="text/plain")).encode()
    outer = text(attachment(PDF), attachment(inner, name="goi.edxml", kind="application/xml", content_id="2"))
    document = partners.come(outer.encode()).document
    assert document is not None
    assert [name for _, name, _ in _files(document)] == ["a.pdf", "goi.edxml", "trong.txt"]
    assert _files(document)[1][2] == inner


def test_the_label_of_a_nested_packet_counts(partners: "Partners") -> None:
    extension = '<x:Extension xmlns:x="urn:lienthong:edxml:1"><x:Label>secret</x:Label></x:Extension>'
    inner = text(more=extension).encode()
    with pytest.raises(LabelTooHigh):
        partners.come(text(attachment(inner, name="goi.edxml", kind="application/xml")).encode())
    assert rows() == [0, 0, 0, 0, 0]


def test_names_are_made_safe_and_told_apart(partners: "Partners") -> None:
    names = [
        "../../etc/passwd",
        "tài liệu.pdf",
        "ta\u0300i lie\u0323\u0302u.pdf",
        "t\u0430i.pdf",
        "tai.pdf",
        "",
        "a\u202efdp.exe",
    ]
    files = tuple(Enclosure(name=name or "x", media_type="text/plain", data=b"1") for name in names)
    document = partners.come(packet(files=files)).document
    assert document is not None
    kept = [name for _, name, _ in _files(document)]
    assert kept == ["passwd", "tài liệu.pdf", "tài liệu (2).pdf", "t\u0430i.pdf", "tai (2).pdf", "x", "afdp.exe"]


def test_what_it_answers_and_replaces_is_found(partners: "Partners") -> None:
    ours = partners.sent()
    old = partners.come(packet()).document
    new = packet(
        id="G22,2026/11/21,7900/VPCP-TTĐT", number="7900/VPCP-TTĐT",
        answers=(Reference(organ=OURS, number=ours.document.number, dated=ours.document.dated, id=ours.packet_id),),
        replaces=(Reference(id=ID),), based_on=("1/NQ-CP",),
    )  # fmt: skip
    document = partners.come(new).document
    with scope.system():
        found = {(each.kind, each.other_id, each.other_number) for each in Relation.objects.filter(document=document)}
    assert found == {
        ("answers", ours.document_id, ours.document.number), ("replaces", old.pk if old else 0, ""),
        ("based-on", None, "1/NQ-CP"),
    }  # fmt: skip


def _bomb() -> bytes:
    return text(attachment(zipped(("x", b"\0" * 40_000_000)), kind="application/zip")).encode()


def _xxe() -> bytes:
    return (
        b'<!DOCTYPE edXML [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + text().replace("Về việc kết nối", "&x;").encode()
    )


_HOSTILE: dict[str, tuple[Callable[[], bytes], type[Invalid]]] = {
    "bomb": (_bomb, PacketUnreadable),
    "entities": (_xxe, PacketUnreadable),
    "nothing": (lambda: b"", PacketUnreadable),
    "no packet": (lambda: PDF, PacketUnreadable),
    "truncated": (lambda: packet()[:-400], PacketUnreadable),
    "damaged file": (lambda: text(attachment("!!!!")).encode(), FileDamaged),
    "another organ": (lambda: packet(receivers=(Party(code="H49"),)), NotAddressed),
    "unknown sender": (lambda: packet(sender=Party(code="G23", name="Bộ khác")), SenderUnknown),
    "no sender": (lambda: text(header=HEADER.replace("000.00.00.G22", "")).encode(), SenderUnknown),
    "caveats": (lambda: packet(label=Label(Level.INTERNAL, frozenset({"personnel"}))), LabelTooHigh),
    "too many files": (
        lambda: packet(files=tuple(Enclosure(name=f"{n}.txt", media_type="text/plain", data=b"1") for n in range(101))),
        Invalid,
    ),
}


@pytest.mark.parametrize("kind", list(_HOSTILE))
def test_what_is_not_as_it_should_be_leaves_nothing(partners: "Partners", kind: str) -> None:
    make, error = _HOSTILE[kind]
    with scope.system():
        before = [model.objects.count() for model in (AuditEntry, Notification, Blob, Relation)]
    with pytest.raises(error) as refused:
        partners.come(make())
    assert type(refused.value) is error
    assert rows() == [0, 0, 0, 0, 0]
    with scope.system():
        assert [model.objects.count() for model in (AuditEntry, Notification, Blob, Relation)] == before


@pytest.mark.parametrize("level", ["confidential", "secret", "top-secret", "unheard-of"])
def test_labels_above_what_may_come_unencrypted(partners: "Partners", level: str) -> None:
    extension = f'<x:Extension xmlns:x="urn:lienthong:edxml:1"><x:Label>{level}</x:Label></x:Extension>'
    with pytest.raises(LabelTooHigh):
        partners.come(text(attachment(PDF), more=extension).encode())
    assert rows() == [0, 0, 0, 0, 0]


def test_a_partner_that_is_closed_sends_nothing(partners: "Partners") -> None:
    correspondents.close(actor=partners.bureau.actor("administrator"), partner=partners.partner)
    with pytest.raises(SenderUnknown):
        partners.come(packet())


def test_of_a_virus_only_the_trail_tells(partners: "Partners", monkeypatch: pytest.MonkeyPatch) -> None:
    def infected(**_: object) -> None:
        raise FileInfected("Eicar")

    monkeypatch.setattr("lienthong.office.documents.actions.files.bring", infected)
    with pytest.raises(FileInfected):
        partners.come(packet())
    assert rows() == [0, 0, 0, 0, 0]
    with scope.system():
        assert AuditEntry.objects.filter(kind="vault:file:infected").count() == 1


def test_a_packet_chooses_no_uid(partners: "Partners") -> None:
    chosen = "123e4567-e89b-12d3-a456-426614174000"
    document = partners.come(packet(id=chosen)).document
    assert document is not None
    assert str(document.uid) != chosen
    assert base64.b16encode(document.uid.bytes) != base64.b16encode(b"")
    assert letter(id=chosen).id == chosen
