"""Packets handed in by programs: for the organ of their token, once, with a receipt that says what became of them."""

from typing import TYPE_CHECKING, Any

import pytest

from lienthong.office.api.middleware import LARGEST_PACKET
from lienthong.office.api.tokens import Scope
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.models import Document, Intake
from lienthong.office.documents.packets.formats import packets
from lienthong.profiles.packets import Party
from tests.office.documents.packets.partners import ID, THEIRS, packet, rows

if TYPE_CHECKING:
    from tests.office.api.programs import Program, Programs
    from tests.office.documents.packets.partners import Partners


def _send(program: "Program", data: bytes, kind: str = "application/xml") -> Any:  # noqa: ANN401 - a response of the test client
    return program.ask("/packets", "POST", data=data, content_type=kind)


def test_a_system_hands_in_a_packet_once(partners: "Partners", programs: "Programs") -> None:
    system = programs.system("administrator", "official")
    first = _send(system, packet())
    receipt = first.json()
    assert first.status_code == 201
    assert (receipt["outcome"], receipt["organ"], receipt["sender"]) == ("entered", "T.province", THEIRS)
    assert (receipt["document_id"], receipt["number"]) == (ID, "7816/VPCP-TTĐT")
    again = _send(system, packet())
    assert (again.status_code, again.json()) == (200, receipt | {"outcome": "known"})
    with scope.system():
        assert Document.objects.get().pk == receipt["document"]
        assert (Intake.objects.get().way, Intake.objects.get().digest) == ("system", receipt["sha256"])
        entry = AuditEntry.objects.get(kind="documents:packet:enter")
    assert (entry.person_id, entry.person_name) == (0, "Hệ thống 1")
    told = _send(system, _told(partners))
    assert (told.status_code, told.json()["outcome"], told.json()["document"]) == (200, "noted", None)


def _told(partners: "Partners") -> bytes:
    from lienthong.profiles.packets import News, Reference  # noqa: PLC0415 - beside their only use

    made = partners.sent()
    about = Reference(organ="H37.DN.001", number=made.document.number, id=made.packet_id)
    return packets().write(News(sender=Party(code=THEIRS), about=about, code="03", at=made.at))


@pytest.mark.usefixtures("partners")
def test_what_is_not_taken_is_a_problem_and_leaves_nothing(programs: "Programs") -> None:
    system = programs.system("administrator", "official")
    for data, kind, status, code in (
        (b"x", "application/xml", 422, "packet_unreadable"),
        (b"", "application/xml", 422, "packet_unreadable"),
        (packet(sender=Party(code="G23")), "text/xml", 422, "packet_sender_unknown"),
        (packet(receivers=(Party(code="H49"),)), "application/octet-stream", 422, "packet_not_addressed"),
        (packet(), "application/json", 415, "media_type_invalid"),
        (packet(), "multipart/form-data; boundary=x", 415, "media_type_invalid"),
    ):
        answer = _send(system, data, kind)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    large = system.ask(
        "/packets", "POST", data=b"x", content_type="application/xml", CONTENT_LENGTH=str(LARGEST_PACKET + 1)
    )
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
    assert rows() == [0, 0, 0, 0, 0]


@pytest.mark.usefixtures("partners")
def test_only_tokens_made_for_it_open_it(programs: "Programs") -> None:
    for program in (programs.of("official", [Scope.READ_ORGANS]), programs.of("official")):
        assert _send(program, packet()).status_code == 403
    # A system of another organ: the packet is not addressed to that one, nor is its sender known there.
    other = programs.system("outside_administrator", "outsider")
    assert _send(other, packet()).json()["code"] == "packet_sender_unknown"
    assert rows() == [0, 0, 0, 0, 0]


def test_the_bound_is_that_of_the_format() -> None:
    assert packets().largest <= LARGEST_PACKET
