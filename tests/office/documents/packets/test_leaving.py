"""What leaves as a packet: issued, strictly written, up to what may travel unencrypted; and what comes back of it."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.actions.issuing import issue
from lienthong.office.documents.actions.letterheads import Head, set_letterhead
from lienthong.office.documents.actions.recalling import recall
from lienthong.office.documents.models import Answer, Delivery, Dispatch
from lienthong.office.documents.packets.answers import packet_of as answer_packet
from lienthong.office.documents.packets.errors import LabelTooHigh, OrganUncoded, PacketUnwritable
from lienthong.office.documents.packets.leaving import export, packet_of
from lienthong.profiles.packets import Letter, News
from tests.office.documents.bureau import PDF
from tests.office.documents.packets.partners import OURS, THEIRS, read, rows

if TYPE_CHECKING:
    from tests.office.documents.packets.partners import Partners


def test_a_packet_says_what_the_document_is(partners: "Partners") -> None:
    made = partners.sent()
    name, data = packet_of(made)
    content = read(data).content
    assert isinstance(content, Letter)
    document = made.document
    assert (content.sender.code, [each.code for each in content.receivers]) == (OURS, [THEIRS])
    assert (content.number, content.dated, content.subject) == (document.number, document.dated, document.subject)
    assert (content.type, content.label.level) == ("Kế hoạch", Level.INTERNAL)
    assert [(each.name, each.data) for each in content.files] == [("Kế hoạch.pdf", PDF), ("Phụ lục.txt", b"xxx")]
    assert content.id == made.packet_id == f"{OURS},{document.dated:%Y/%m/%d},{document.number}"
    assert name == f"{document.number.replace('/', '_')}.edxml"
    assert not read(data).oddities
    # However often it is taken along.
    assert packet_of(made)[1] == data
    with scope.system():
        entry = AuditEntry.objects.get(kind="documents:document:dispatch")
        assert entry.new is not None
        assert entry.new["to"] == "Văn phòng Chính phủ"
        row = Delivery.objects.get()
    assert (row.organ_code, row.state, made.state, made.total) == (THEIRS, "sent", "sent", 1)


def test_only_a_clerk_makes_one_and_only_of_what_is_issued(partners: "Partners") -> None:
    document = partners.issued()
    for key in ("writer", "signer", "official", "below"):
        with pytest.raises(Forbidden):
            export(actor=partners.bureau.actor(key), document=document, partners=[partners.partner])
    with pytest.raises(Conflict):
        export(actor=partners.bureau.actor("clerk"), document=partners.bureau.signed(), partners=[partners.partner])
    with pytest.raises(Invalid):
        export(actor=partners.bureau.actor("clerk"), document=document, partners=[])
    with scope.system():
        assert not Dispatch.objects.exists()


def test_what_is_labelled_leaves_no_other_way_than_encrypted(partners: "Partners") -> None:
    document = partners.bureau.signed(label=Level.CONFIDENTIAL)
    issue(actor=partners.bureau.actor("clerk"), document=document)
    with pytest.raises(LabelTooHigh):
        export(
            actor=partners.bureau.actor("clerk"), document=partners.bureau.fresh(document), partners=[partners.partner]
        )
    with scope.system():
        assert not Dispatch.objects.exists()
        assert not AuditEntry.objects.filter(kind="documents:document:dispatch").exists()


def test_what_is_too_large_or_has_no_code_is_told_at_once(
    partners: "Partners", monkeypatch: pytest.MonkeyPatch
) -> None:
    document = partners.issued()
    clerk = partners.bureau.actor("clerk")
    with monkeypatch.context() as small:
        small.setattr("lienthong.office.documents.packets.leaving.enclosed", lambda _: [_Huge()])
        with pytest.raises(PacketUnwritable):
            export(actor=clerk, document=document, partners=[partners.partner])
    set_letterhead(actor=partners.bureau.actor("administrator"), organ=partners.organ, head=Head("TU", ""))
    with pytest.raises(OrganUncoded):
        export(actor=clerk, document=document, partners=[partners.partner])
    with scope.system():
        assert not Dispatch.objects.exists()


class _Huge:
    size = 1 << 30


def test_what_it_told_back_is_followed(partners: "Partners") -> None:
    made = partners.sent()
    start = datetime.now(UTC) - timedelta(hours=2)
    steps = [("01", "delivered"), ("03", "accepted"), ("04", "accepted"), ("06", "accepted")]
    for minute, (code, state) in enumerate(steps):
        partners.tell(made, code, note=code, at=start + timedelta(minutes=minute))
        with scope.system():
            row = Delivery.objects.get()
            counts = Dispatch.objects.get().counts
        assert (row.state, row.code, row.note, counts) == (state, code, code, {state: 1})
    # One that was made earlier and comes later changes nothing.
    partners.tell(made, "03", at=start)
    with scope.system():
        assert Delivery.objects.get().code == "06"


def test_a_refusal_is_told_to_the_clerks(partners: "Partners") -> None:
    from lienthong.office.core.models import Notification  # noqa: PLC0415 - beside its only use

    partners.tell(partners.sent(), "02", note="Không đúng thẩm quyền")
    with scope.system():
        row = Delivery.objects.get()
        assert Notification.objects.filter(kind="documents:delivery:refused").exists()
    assert (row.state, row.note) == ("refused", "Không đúng thẩm quyền")


def test_who_asks_for_it_back_tells_the_partner(partners: "Partners") -> None:
    made = partners.sent()
    recall(actor=partners.bureau.actor("clerk"), document=made.document, reason="Nhầm")
    with scope.system():
        answer = Answer.objects.select_related("document__organ", "dispatch").get()
        told = read(answer_packet(answer)).content
    assert isinstance(told, News)
    assert (told.code, told.about.id, told.note) == ("13", made.packet_id, "Nhầm")
    with pytest.raises(Conflict):
        packet_of(made)
    partners.tell(made, "15")
    with scope.system():
        assert Delivery.objects.get().state == "recalled"


def test_a_packet_is_unchanged_by_what_nobody_sent(partners: "Partners") -> None:
    before = rows()
    with scope.system():
        assert not Dispatch.objects.exists()
    assert before == rows()
