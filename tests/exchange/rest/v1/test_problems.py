"""Errors as problem details: a status for each, in the reader's language, and nothing of a defect's inside."""

import pytest

from lienthong.exchange import errors as exchange
from lienthong.exchange.rest.v1 import errors
from lienthong.exchange.rest.v1.problems import problem as described
from lienthong.exchange.rest.v1.problems import status_of
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import LANGUAGES
from tests.support.gateways import CENTRE, World
from tests.support.v1 import Faces, problem


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (LienthongError, 500),
        (exchange.ExchangeError, 500),
        (exchange.AccessDenied, 403),
        (exchange.DirectoryStale, 503),
        (exchange.CarrierTimeout, 504),
        (exchange.PayloadTooLarge, 413),
        (exchange.TermTooLong, 400),
        (errors.CallerMissing, 401),
        (errors.TooMany, 429),
    ],
)
def test_every_error_has_its_status(kind: type[LienthongError], status: int) -> None:
    assert status_of(kind) == status


def test_every_error_of_this_face_has_a_status_of_its_own() -> None:
    ours = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__]
    assert len(ours) > 10
    assert [kind.__name__ for kind in ours if status_of(kind) == 500] == []


async def test_nothing_at_an_address_is_a_problem_too(web: Faces) -> None:
    for address in ("/v1/", "/v1/nothing", "/v1/mailbox/a/b/c/d"):
        assert problem(await web.client(None).get(address)) == (404, "address_unknown", address)


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "OPTIONS"])
async def test_another_method_is_told_which_there_are(web: Faces, method: str) -> None:
    answer = await web.client(None).request(method, "/v1/mailbox")
    assert problem(answer) == (405, "method_not_allowed", method)
    assert answer.headers["allow"] == "GET"


async def test_a_problem_speaks_the_language_of_its_reader(web: Faces) -> None:
    texts = {}
    for language in LANGUAGES:
        answer = await web.client("VN/PARTY/A02/x").get("/v1/mailbox", headers={"Accept-Language": language})
        assert answer.headers["content-language"] == language
        texts[language] = (answer.json()["title"], answer.json()["hint"])
    assert len(set(texts.values())) == 3
    assert texts["en"][0] == "The sender is not in the directory or not active"


async def test_a_defect_says_nothing_of_its_inside(
    web: Faces, country: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(country.running["tw"].node.journal, "read", None)
    answer = await web.client(CENTRE).get("/v1/mailbox")
    assert problem(answer) == (500, "internal_error", "")
    assert "NoneType" not in answer.text
    # The log says it under the number that the client has.
    assert "NoneType" in caplog.text
    assert answer.json()["instance"] in caplog.text


def test_an_error_without_an_advice_has_an_empty_one() -> None:
    class Silent(LienthongError):
        """Nothing can be done."""

        hint = ""

    assert described(Silent("here"), language="vi").hint == ""
