"""From which network address a request comes."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """Return the address that the outermost of our proxies saw, or, without proxies, that of the connection.

    None if it is no address. What stands further left in ``X-Forwarded-For`` anybody can write there.
    """
    ours: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    passed = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if ours else []
    found = passed[-ours] if 0 < ours <= len(passed) else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(found.strip()))
    except ValueError:
        return None
