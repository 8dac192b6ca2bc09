"""The address of the mail server."""

import pytest

from lienthong.office.mailer import mailer


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.invalid", ("mail.invalid", 25, "", "", False, False)),
        ("smtp+tls://u%40x:p%2Fq@mail.invalid", ("mail.invalid", 587, "u@x", "p/q", True, False)),
        ("smtps://u:p@mail.invalid:2465", ("mail.invalid", 2465, "u", "p", False, True)),
    ],
)
def test_an_address_says_everything(url: str, expected: tuple[object, ...]) -> None:
    options = mailer(url)["OPTIONS"]
    assert isinstance(options, dict)
    assert tuple(options[name] for name in ("host", "port", "username", "password", "use_tls", "use_ssl")) == expected


@pytest.mark.parametrize("url", ["", "mail.invalid", "http://u:secret@mail.invalid", "smtp://", "smtp:mail.invalid"])
def test_others_are_refused_without_repeating_what_may_be_a_password(url: str) -> None:
    with pytest.raises(ValueError, match="LIENTHONG_MAIL_URL: write") as error:
        mailer(url)
    assert "secret" not in str(error.value)
