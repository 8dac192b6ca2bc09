"""In which language somebody reads."""

import pytest

from tests.office.people import House


@pytest.mark.parametrize(
    ("account", "cookie", "asked", "shown"),
    [
        ("de", None, "en", "de"),
        ("de", "vi", "en", "vi"),
        ("de", "xx", "en", "de"),
        ("vi", "en", "de", "en"),
    ],
)
def test_the_browsers_choice_goes_before_the_account_and_the_account_before_what_is_asked(
    house: House, account: str, cookie: str | None, asked: str, shown: str
) -> None:
    house.client("official").post("/language", {"language": account})
    client = house.client("official")
    if cookie:
        client.cookies["language"] = cookie
    response = client.get("/", headers={"accept-language": asked})
    assert f'<html lang="{shown}"' in response.content.decode()
    assert response.headers["Content-Language"] == shown


def test_a_stranger_reads_what_the_browser_asks_for(house: House) -> None:
    page = house.client("anonymous").get("/account/login/", headers={"accept-language": "de"})
    assert '<html lang="de"' in page.content.decode()
