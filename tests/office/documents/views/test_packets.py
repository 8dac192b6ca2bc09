"""A walk through the pages: a packet is made, taken along and answered; one is brought, accepted and completed."""

from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.actions.issuing import issue
from lienthong.office.documents.models import Answer, Correspondent, Delivery, Dispatch, Document
from lienthong.office.documents.packets.formats import packets
from lienthong.profiles.packets import Letter, News, Party, Reference
from tests.office.documents.packets.partners import ID, OURS, THEIRS, packet, read
from tests.office.documents.views.test_deeds import browser, do

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau
    from tests.office.documents.packets.partners import Partners


@pytest.fixture
def partners(bureau: "Bureau") -> "Partners":
    from tests.office.documents.packets.partners import open_partners  # noqa: PLC0415 - needs Django set up

    return open_partners(bureau)


def _bring(client: Client, data: bytes) -> tuple[int, str]:
    sent = SimpleUploadedFile("goi.edxml", data, "application/xml")
    answer = client.post("/documents/packets/new/", {"packet": sent}, follow=True)
    return answer.status_code, answer.content.decode()


def test_out_and_what_comes_back(bureau: "Bureau", partners: "Partners") -> None:
    document, clerk = partners.issued(), browser(bureau, "clerk")
    page = f"/documents/{document.pk}/"
    assert f"{page}packet/" in clerk.get(page).content.decode()
    made = clerk.post(f"{page}packet/", {"organs": [partners.partner.pk]})
    assert (made.status_code, made.headers["Location"]) == (302, page)
    with scope.system():
        dispatch = Dispatch.objects.get()
    address = f"{page}sent/{dispatch.pk}/packet/"
    assert address in clerk.get(page).content.decode()
    handed = clerk.get(address)
    assert (handed.status_code, handed.headers["Content-Type"]) == (200, "application/xml")
    assert "attachment" in handed.headers["Content-Disposition"]
    content = read(handed.content).content
    assert isinstance(content, Letter)
    assert content.number == document.number
    # Others see that it left, and take nothing along.
    writer = browser(bureau, "writer")
    assert address not in writer.get(page).content.decode()
    assert writer.get(address).status_code == 403
    about = Reference(organ=OURS, number=document.number, dated=document.dated, id=content.id)
    told = News(sender=Party(code=THEIRS), about=about, code="04", note="Đã giao", at=dispatch.at)
    status, shown = _bring(clerk, packets().write(told))
    assert (status, "What it tells was written down" in shown) == (200, True)
    receivers = clerk.get(f"{page}sent/{dispatch.pk}/").content.decode()
    assert all(word in receivers for word in ("accepted", "assigned", "Đã giao"))
    assert "deliveries" not in receivers
    with scope.system():
        row = Delivery.objects.get()
        assert AuditEntry.objects.filter(kind="documents:packet:take", object_id=document.pk).count() == 1
    assert clerk.get(f"{page}deliveries/{row.pk}/").status_code == 404


def test_in_and_what_is_told(bureau: "Bureau", partners: "Partners") -> None:
    clerk = browser(bureau, "clerk")
    assert "/documents/packets/new/" in clerk.get("/documents/").content.decode()
    status, shown = _bring(clerk, packet())
    assert status == 200
    assert all(word in shown for word in ("It waits to be registered", "Came as an edXML packet", f"({THEIRS})"))
    with scope.system():
        document = Document.objects.get(direction="incoming")
    assert f"/documents/{document.pk}/" in clerk.get("/documents/arrivals/").content.decode()
    assert "nothing was entered twice" in _bring(clerk, packet())[1]
    assert do(clerk, document, "accept", day=localdate()) == 302
    assert do(browser(bureau, "signer"), document, "complete", result="Xong") == 302
    with scope.system():
        answers = list(Answer.objects.all())
    assert [each.code for each in answers] == ["01", "03", "06"]
    page = f"/documents/{document.pk}/"
    assert all(f"{page}answers/{each.pk}/" in clerk.get(page).content.decode() for each in answers)
    handed = clerk.get(f"{page}answers/{answers[1].pk}/")
    told = read(handed.content).content
    assert isinstance(told, News)
    assert (told.code, told.about.id, told.about.organ, told.sender.code) == ("03", ID, THEIRS, OURS)
    with scope.system():
        assert [each.taken_at is not None for each in Answer.objects.all()] == [False, True, False]
    assert browser(bureau, "signer").get(f"{page}answers/{answers[0].pk}/").status_code == 403
    assert browser(bureau, "below").get(f"{page}answers/{answers[0].pk}/").status_code == 404


def test_what_cannot_be_taken_is_explained(bureau: "Bureau", partners: "Partners") -> None:
    clerk = browser(bureau, "clerk")
    for data, words in (
        (b"x", "The packet cannot be read"),
        (packet(receivers=(Party(code="H49", name="Tỉnh khác"),)), "Tỉnh khác (H49)"),
        (packet(sender=Party(code="G23")), "exchanges no packets"),
    ):
        status, shown = _bring(clerk, data)
        assert (status, words in shown) == (400, True), words
    assert clerk.post("/documents/packets/new/", {}).status_code == 400
    for key in ("writer", "official", "signer", "administrator"):
        assert browser(bureau, key).get("/documents/packets/new/").status_code == 403
    with scope.system():
        assert not Document.objects.exists()


def test_what_is_labelled_is_not_offered_and_refused(bureau: "Bureau", partners: "Partners") -> None:
    document, clerk = bureau.signed(label=Level.CONFIDENTIAL), browser(bureau, "clerk")
    issue(actor=bureau.actor("clerk"), document=document)
    page = f"/documents/{document.pk}/"
    shown = clerk.get(page).content.decode()
    assert "does not leave unencrypted" in shown
    assert f"{page}packet/" not in shown
    assert clerk.get(f"{page}packet/").status_code == 400
    assert clerk.post(f"{page}packet/", {"organs": [partners.partner.pk]}).status_code == 400


def test_the_administrator_says_with_whom(bureau: "Bureau", partners: "Partners") -> None:
    administrator = browser(bureau, "administrator")
    new = "/documents/correspondents/new/"
    assert administrator.post(new, {"code": "000.00.00.H49", "name": "Tỉnh khác"}).status_code == 302
    for wrong in ({"code": "h 49", "name": "x"}, {"code": "H49", "name": "x"}, {"code": "H50", "name": ""}):
        assert administrator.post(new, wrong).status_code == 200
    ways = administrator.get("/documents/ways/").content.decode()
    assert "Tỉnh khác" in ways
    assert "H37.DN.001" in ways
    with scope.system():
        made = Correspondent.objects.get(code="H49")
    assert browser(bureau, "clerk").post(f"/documents/correspondents/{made.pk}/close/").status_code == 403
    assert browser(bureau, "below_administrator").post(f"/documents/correspondents/{made.pk}/close/").status_code == 404
    assert administrator.post(f"/documents/correspondents/{made.pk}/close/").status_code == 302
    assert "Tỉnh khác" not in administrator.get("/documents/ways/").content.decode()
    head = {"notation": "TU", "place": "", "agency_code": "không"}
    assert administrator.post("/documents/letterhead/", head).status_code == 200


def test_where_no_organ_is_named_the_page_says_so(bureau: "Bureau") -> None:
    document = bureau.signed()
    issue(actor=bureau.actor("clerk"), document=document)
    page = browser(bureau, "clerk").get(f"/documents/{document.pk}/").content.decode()
    assert "has named no organ without this office yet" in page
    assert f"/documents/{document.pk}/packet/" not in page
