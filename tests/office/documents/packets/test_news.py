"""States that packets tell: of what was sent to whoever tells them, and of nothing else."""

from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.models import Notification
from lienthong.office.documents.models import Delivery
from lienthong.office.documents.packets import correspondents
from lienthong.office.documents.packets.entering import Outcome
from lienthong.office.documents.packets.errors import NotSent, StatusUnknown
from lienthong.office.documents.packets.formats import packets
from lienthong.profiles.packets import News, Party, Reference
from tests.office.documents.packets.partners import ID, THEIRS, packet
from tests.support.edxml import text

if TYPE_CHECKING:
    from tests.office.documents.packets.partners import Partners

_STATUS = """<edXML:MessageHeader><edXML:From><edXML:OrganId>000.00.00.G22</edXML:OrganId></edXML:From>
<edXML:ResponseFor><edXML:DocumentId>{id}</edXML:DocumentId></edXML:ResponseFor>
<edXML:StatusCode>{code}</edXML:StatusCode>
<edXML:Timestamp>2026/11/26 08:00:00</edXML:Timestamp></edXML:MessageHeader>"""


def _status(id_: str, code: str) -> bytes:
    return text(header=_STATUS.format(id=id_, code=code)).encode()


def test_codes_and_ids_in_the_older_form_are_the_same(partners: "Partners") -> None:
    made = partners.sent()
    older = made.packet_id.replace("H37.DN.001", "001.DN.H37")
    assert older != made.packet_id
    assert partners.come(_status(older, "3")).outcome is Outcome.NOTED
    with scope.system():
        assert Delivery.objects.get().code == "03"


def test_nobody_tells_of_what_another_one_got(partners: "Partners") -> None:
    made = partners.sent()
    administrator = partners.bureau.actor("administrator")
    correspondents.add(actor=administrator, organ=partners.organ, code="G23", name="Bộ khác")
    news = News(sender=Party(code="G23"), about=Reference(organ="H37.DN.001", id=made.packet_id), code="02",
                at=made.at)  # fmt: skip
    with pytest.raises(NotSent):
        partners.come(packets().write(news))
    with scope.system():
        assert Delivery.objects.get().state == "sent"


@pytest.mark.parametrize("id_", ["H37.DN.001,2026/01/01,99/KH", ID, ""])
def test_of_what_was_not_sent_nothing_is_told(partners: "Partners", id_: str) -> None:
    partners.sent()
    with pytest.raises(NotSent):
        partners.come(_status(id_, "03"))


def test_a_state_that_nobody_knows(partners: "Partners") -> None:
    made = partners.sent()
    with pytest.raises(StatusUnknown):
        partners.come(_status(made.packet_id, "77"))


def test_its_sender_asks_for_a_document_back(partners: "Partners") -> None:
    document = partners.come(packet()).document
    assert document is not None
    news = News(sender=Party(code=THEIRS), about=Reference(organ=THEIRS, id=ID), code="13", note="Gửi nhầm",
                at=document.arrived_at)  # fmt: skip
    assert partners.come(packets().write(news)).outcome is Outcome.NOTED
    fresh = partners.bureau.fresh(document)
    assert (fresh.recall_reason, fresh.state, fresh.level) == ("Gửi nhầm", "arrived", Level.INTERNAL)
    with scope.system():
        assert Notification.objects.filter(kind="documents:document:recall").exists()


def test_a_packet_that_revokes_asks_for_it_back(partners: "Partners") -> None:
    document = partners.come(packet()).document
    assert document is not None
    revoking = (
        f"<edXML:TraceHeaderList><edXML:Bussiness><edXML:DocumentId>{ID}</edXML:DocumentId>"
        "<edXML:BussinessDocType>1</edXML:BussinessDocType><edXML:BussinessDocReason>Sai</edXML:BussinessDocReason>"
        "</edXML:Bussiness></edXML:TraceHeaderList>"
    )
    partners.come(text(more=revoking).encode())
    assert partners.bureau.fresh(document).recall_reason == "Sai"
