"""What comes back: the service's answer, and the five headers the exchange adds."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.conformance.conftest import MODERN_CLIENT, MODERN_PROVIDER
from tests.conformance.test_headers import OURS, TO_CLIENT
from tests.support.recorder import Recorder, answer
from tests.support.sandbox import CONSUMER, PROVIDER
from tests.support.wire import Face

STATUSES = [200, 201, 202, 203, 206, 207, 226, 299, 400, 401, 403, 404, 405, 406, 409, 410, 412, 415, 418, 422, 429]
STATUSES += [451, 499, 500, 501, 502, 503, 504, 511, 599, 600, 999]


@pytest.mark.line("Response: as it is", "Errors: none on a provider's answer")
@pytest.mark.parametrize("status", STATUSES)
def test_every_status_is_the_service_s_own(gateway: Face, service: Recorder, status: int) -> None:
    service.answers(answer(f"{status} Whatever", "Content-Type: a/b", body=b"\0its own\xff"))
    got = gateway.call("echo")
    assert (got.status, got.header("content-type"), got.body) == (status, "a/b", b"\0its own\xff")
    assert got.error is None
    assert got.names == TO_CLIENT | {"content-type"}


@pytest.mark.line("Response: as it is")
def test_nothing_is_added_to_an_answer_without_headers(gateway: Face, service: Recorder) -> None:
    service.answers(answer("200 OK", body=b"x"))
    got = gateway.call("echo")
    assert got.names == TO_CLIENT
    assert len(got.headers) == len(TO_CLIENT)


@pytest.mark.line("Response: as it is")
@pytest.mark.parametrize("encoding", ["gzip", "br", "identity", "x-own"])
def test_encoded_content_stays_encoded(gateway: Face, service: Recorder, encoding: str) -> None:
    service.answers(answer("200 OK", f"Content-Encoding: {encoding}", body=b"\x1f\x8bnot really"))
    got = gateway.call("echo", "Accept-Encoding: gzip", f"Content-Encoding: {encoding}", method="PUT", body=b"\x1f\x8b")
    assert (got.header("content-encoding"), got.body) == (encoding, b"\x1f\x8bnot really")
    arrived = service.only()
    assert (arrived.header("content-encoding"), arrived.body) == (encoding, b"\x1f\x8b")


@pytest.mark.line("Response: five headers", "Response: x-road-request-id")
def test_an_answer_says_whose_it_is(gateway: Face, service: Recorder) -> None:
    got = gateway.call("echo/a?b", "X-Road-Id: mine")
    arrived = service.only()
    assert got.header("x-road-client") == CONSUMER
    assert got.header("x-road-service") == f"{PROVIDER}/echo"
    assert got.header("x-road-id") == "mine"
    assert str(uuid.UUID(got.header("x-road-request-id"))) == got.header("x-road-request-id")
    assert got.header("x-road-request-id") == arrived.header("x-road-request-id")
    assert re.fullmatch(r"[A-Za-z0-9+/]{86}==", got.header("x-road-request-hash"))


@pytest.mark.line("Response: five headers")
@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified", "302 Found", "500 Own"])
def test_every_answer_has_the_five(gateway: Face, service: Recorder, method: str, status: str) -> None:
    service.answers(f"HTTP/1.1 {status}\r\nX-A: 1\r\n\r\n".encode(), close=True)
    got = gateway.call("echo", method=method)
    assert (got.status, got.error) == (int(status[:3]), None)
    assert got.names >= OURS


@pytest.mark.line("Response: backend's values are overwritten", "Response: answer is checked")
@pytest.mark.parametrize("style", [str, str.upper, str.title])
def test_a_service_cannot_say_what_the_exchange_says(gateway: Face, service: Recorder, style: type[str]) -> None:
    forged = [f"{style(name)}: forged" for name in sorted(OURS)]
    service.answers(answer("200 OK", *forged, *forged, body=b"x"))
    got = gateway.call("echo", "X-Road-Id: mine")
    assert not [name for name, value in got.headers if value == "forged"]
    assert (got.header("x-road-id"), got.header("x-road-client")) == ("mine", CONSUMER)
    assert got.header("x-road-service") == f"{PROVIDER}/echo"
    assert got.header("x-road-request-id") == service.only().header("x-road-request-id")
    assert got.names == TO_CLIENT


@pytest.mark.line("Response: backend's values are overwritten", "Response: x-road-request-id")
def test_a_client_cannot_say_what_the_exchange_says(gateway: Face, service: Recorder) -> None:
    forged = ["X-Road-Request-Id: forged", "X-Road-Request-Hash: forged", "X-Road-Service: forged"]
    got = gateway.call("echo", *forged, *forged)
    arrived = service.only()
    assert "forged" not in [value for _, value in [*arrived.headers, *got.headers]]
    assert arrived.header("x-road-request-id") == got.header("x-road-request-id")


@pytest.mark.line("Response: one Date")
@pytest.mark.parametrize(
    "dates",
    [
        [],
        ["Sun, 22 Nov 2020 11:34:29 GMT"],
        ["Sun, 22 Nov 2020 11:34:29 GMT", "Mon, 23 Nov 2020 11:34:29 GMT"],
        ["nonsense"],
    ],
)
def test_an_answer_has_one_date(gateway: Face, service: Recorder, dates: list[str]) -> None:
    service.answers(answer("200 OK", *(f"Date: {date}" for date in dates)))
    date = gateway.call("echo").header("date")
    if dates:
        assert date == dates[-1]
    else:
        assert abs(parsedate_to_datetime(date) - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.line("Response: one Date")
def test_errors_and_metaservices_have_one_date_too(gateway: Face, service: Recorder) -> None:
    for got in (
        gateway.call("nope"),
        gateway.call("echo", client=None),
        gateway.call("nope", method="HEAD"),
        gateway.call("listMethods"),
        gateway.call("/listClients"),
    ):
        assert got.header("date").endswith(" GMT")


@pytest.mark.line("Response: X-Road-Id echoed")
@pytest.mark.parametrize(
    "id_", ["1", "VN-a/b c", "{}", "x" * 255, "\u00c3\u00b6", "4894e35d-bf0f-44a6-867a-8e51f1daa7e0"]
)
def test_the_id_of_a_call_comes_back(gateway: Face, service: Recorder, id_: str) -> None:
    got = gateway.call("echo", f"x-ROAD-id: {id_}")
    assert got.header("x-road-id") == id_
    assert service.only().header("x-road-id") == id_


@pytest.mark.line("Response: X-Road-Id echoed")
def test_the_last_of_several_ids_counts(gateway: Face, service: Recorder) -> None:
    assert gateway.call("echo", "X-Road-Id: first", "X-Road-Id: last").header("x-road-id") == "last"
    assert service.only().all("x-road-id") == ["last"]


@pytest.mark.line("Response: X-Road-Id made")
@pytest.mark.parametrize("headers", [[], ["X-Road-Id:"]])
def test_an_id_is_made_where_there_is_none(gateway: Face, service: Recorder, headers: list[str]) -> None:
    made = [gateway.call("echo", *headers).header("x-road-id") for _ in range(2)]
    assert made[0] != made[1]
    for id_ in made:
        assert id_.startswith("VN-")
        value = uuid.UUID(id_.removeprefix("VN-"))
        assert (value.version, str(value)) == (4, id_.removeprefix("VN-"))
    assert [each.header("x-road-id") for each in service.taken()] == made


@pytest.mark.line("Response: X-Road-Id made")
def test_an_id_is_made_for_an_instance_beyond_ascii(modern: Face, service: Recorder) -> None:
    id_ = modern.call(f"/r1/{MODERN_PROVIDER}/echo", client=MODERN_CLIENT).header("x-road-id")
    assert uuid.UUID(id_.removeprefix("CS%C3%B6-")).version == 4


@pytest.mark.line("Response: one id, two exchanges", "Response: x-road-request-id", "Response: hash differs")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_two_calls_with_one_id_are_two_exchanges(gateway: Face, service: Recorder, method: str) -> None:
    body = b"same" if method == "POST" else None
    got = [gateway.call("echo/a", "X-Road-Id: same", method=method, body=body) for _ in range(3)]
    assert [each.status for each in got] == [200, 200, 200]
    assert {each.header("x-road-id") for each in got} == {"same"}
    assert len({each.header("x-road-request-id") for each in got}) == 3
    assert len({each.header("x-road-request-hash") for each in got}) == 3
    arrived = service.taken()
    assert [each.header("x-road-request-id") for each in arrived] == [each.header("x-road-request-id") for each in got]
    assert [each.body for each in arrived] == [body or b""] * 3
