"""The synchronous client against a sandbox that is a process of its own."""

import hashlib
import io
import itertools
import uuid
from collections.abc import Iterator

import pytest

from lienthong.client import CallFailed, Client, Conflict, NewContent, NotFound, Refused
from tests.support.sandbox import CONSUMER, PROVIDER, Sandbox

OFFICE = "VN/PARTY/B02/Office"
OFFICE_ORGAN = "VN/PARTY/B02"
DATA = bytes(range(256)) * 1200


@pytest.fixture
def consumer(running: Sandbox) -> Iterator[Client]:
    with Client(running.url, CONSUMER) as client:
        yield client


@pytest.fixture
def office(running: Sandbox) -> Iterator[Client]:
    with Client(running.url, OFFICE) as client:
        yield client


def test_a_message_goes_there_and_its_receipts_come_back(consumer: Client, office: Client) -> None:
    start = next(iter(office.evidence()), None)
    sent = consumer.send([OFFICE_ORGAN], contents=[NewContent(data=DATA, name="a.bin")], subject="Subject")
    arrived = next(office.events(after=0 if start is None else start.index + 1))
    assert (arrived.type, arrived.id) == ("message.arrived", str(sent.id))
    message = next(office.incoming())
    assert (message.id, message.subject) == (sent.id, "Subject")
    file = io.BytesIO()
    assert office.download(message.id, 0, file) == hashlib.sha256(DATA).hexdigest()
    assert file.getvalue() == office.content(message.id) == DATA
    assert office.accept(message.id, note="Case 17").state.value == "accepted"
    with pytest.raises(Conflict):
        office.refuse(message.id, reason="no")
    receipts = itertools.takewhile(lambda event: event.state != "accepted", consumer.events(after=0))
    assert {event.id for event in receipts} == {str(sent.id)}
    (delivery,) = consumer.message(sent.id).deliveries
    assert [receipt.note for receipt in delivery.receipts] == ["", "", "Case 17"]
    assert [item.id for item in office.mailbox()] == [sent.id]
    assert office.open(sent.id).state.value == "accepted"


def test_a_service_is_called(consumer: Client, office: Client) -> None:
    answer = consumer.call(f"{PROVIDER}/echo", "POST", "/a?b=c", body=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status == 200
    told = answer.json()
    assert isinstance(told, dict)
    assert (told["method"], told["path"], told["query"], told["body"]) == ("POST", "/a", "b=c", "{}")
    assert [entry.kind for entry in consumer.evidence(id=answer.request_id)]
    with pytest.raises(CallFailed):
        office.call(f"{PROVIDER}/none")


def test_what_is_not_there_is_not_found(consumer: Client) -> None:
    with pytest.raises(NotFound) as caught:
        consumer.message(uuid.uuid4())
    assert caught.value.code == "message_unknown"
    with pytest.raises(NotFound):
        consumer.evidence_receipt(10**6)
    with pytest.raises(Refused):
        consumer.send(["VN/PARTY/NONE"])
    assert consumer.mailbox_page(wait=1).messages == ()
    assert consumer.status().site == "consumer"
