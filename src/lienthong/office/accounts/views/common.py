"""What the pages of this room share."""

from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from lienthong.office.core.actor import Actor
from lienthong.office.core.middleware import OfficeRequest


def acting_in(request: HttpRequest) -> Actor:
    """Return who acts; for pages that need somebody signed in."""
    actor = cast("OfficeRequest", request).actor
    if actor is None:
        raise PermissionDenied
    return actor
