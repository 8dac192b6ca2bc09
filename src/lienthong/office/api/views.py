"""Pages of the API that are not endpoints."""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from lienthong.office.api.errors import AddressUnknown
from lienthong.office.api.problems import respond
from lienthong.office.api.root import document


@require_safe
@cache_control(public=True, max_age=300)
def openapi(request: HttpRequest) -> HttpResponse:
    """Serve the description (OpenAPI 3.1)."""
    del request
    return HttpResponse(_document(), content_type="application/json")


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    """Answer whatever else is asked for under ``/api/``."""
    return respond(request, AddressUnknown(request.path))


@cache
def _document() -> bytes:
    return document()
