"""Which address counts, behind how many proxies."""

import pytest
from django.test import RequestFactory, override_settings

from lienthong.office.accounts.network import address_of


@pytest.mark.parametrize(
    ("proxies", "passed", "found"),
    [
        (0, "", "192.0.2.1"),
        # Without proxies of ours nobody may say where they come from.
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        # An empty one; past the proxy, directly.
        (1, "", None),
        (2, "198.51.100.7", "192.0.2.1"),
        (1, "<script>", None),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_outermost_of_our_proxies_counts(proxies: int, passed: str, found: str | None) -> None:
    request = RequestFactory(headers={"x-forwarded-for": passed}).get("/", REMOTE_ADDR="192.0.2.1")
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=proxies):
        assert address_of(request) == found
