"""Pages of the audit trail."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.core.lists.answer import respond
from lienthong.office.core.middleware import OfficeRequest
from lienthong.office.trail import selectors
from lienthong.office.trail.lists import TRAIL


@login_required
def listed(request: HttpRequest) -> HttpResponseBase:
    """Show the entries that the reader may see."""
    return respond(request, TRAIL)


@require_safe
@login_required
def shown(request: HttpRequest, number: int) -> HttpResponse:
    """Show one entry whole."""
    actor = cast("OfficeRequest", request).actor
    assert actor is not None  # noqa: S101 - signed in
    entry = selectors.entry(actor, number)
    page = {
        "title": selectors.deed(entry),
        "crumbs": [{"title": _("Audit trail"), "url": "/trail/"}, {"title": str(entry.pk), "url": ""}],
        "entry": entry,
        "changes": selectors.changes(entry),
    }
    return render(request, "trail/entry.html", page)
