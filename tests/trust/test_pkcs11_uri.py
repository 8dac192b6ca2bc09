"""PKCS #11 URIs: what is read of them, and that a PIN in one is refused and not repeated."""

from pathlib import Path

import pytest

from lienthong.trust.errors import KeyStoreError
from lienthong.trust.pkcs11_uri import TokenUri, parse


def test_token_object_library_and_the_file_of_the_pin_are_read() -> None:
    text = (
        "pkcs11:token=the%20organ;object=D%E1%BA%A5u;type=private?module-path=/usr/lib/p11.so&pin-source=file:/run/pin"
    )
    found = TokenUri(library=Path("/usr/lib/p11.so"), token="the organ", label="Dấu", pin=Path("/run/pin"))
    assert parse(text, "x") == found
    assert parse(text.replace("file:", ""), "x") == found


def test_object_and_pin_may_be_left_out() -> None:
    found = parse("pkcs11:token=o?module-path=/p.so", "x")
    assert (found.label, found.pin) == ("", None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9911",
        "pkcs11:",
        "pkcs11:token=o",
        "pkcs11:?module-path=/p.so",
        "pkcs11:token=o?module-path=",
        "pkcs11:token=o?module-path=/p.so&pin-value=9911",
        "PKCS11:token=o?module-path=/p.so",
    ],
)
def test_what_is_none_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(KeyStoreError) as refused:
        parse(text, "a file")
    assert "9911" not in str(refused.value)
    assert "a file" in str(refused.value)
