"""Whom a document went to, how far it is with each, and what proves it."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.client import ClientError
from lienthong.office.accounts.views.common import acting_in
from lienthong.office.core.errors import Conflict
from lienthong.office.documents.exchange.errors import GatewaysInvalid, OrganUnserved
from lienthong.office.documents.models import Delivery
from lienthong.office.documents.selectors import proof
from lienthong.office.documents.selectors import sent as of_sent
from lienthong.office.documents.selectors.documents import document
from lienthong.office.documents.views.document import crumbs

_PAGE = 100
_SILENT = (ClientError, OrganUnserved, GatewaysInvalid)


@require_safe
@login_required
def dispatch(request: HttpRequest, number: int, dispatch_id: int) -> HttpResponse:
    """Show the receivers of one dispatch, those of one state only if asked for."""
    found = document(acting_in(request), number)
    one = of_sent.dispatch(found, dispatch_id)
    state = request.GET.get("state", "")
    rows = of_sent.deliveries(one, state if state in Delivery.State.values else "")
    counts = of_sent.counts(one)
    title = _("Sent to {audience}").format(audience=one.audience)
    tabs = [
        {"title": _("All"), "url": request.path, "current": not state, "count": sum(count for _state, count in counts)}
    ]
    tabs += [
        {
            "title": each.label,
            "url": f"{request.path}?state={each.value}",
            "current": state == each.value,
            "count": count,
        }
        for each, count in counts
    ]
    context = {
        "title": title,
        "crumbs": crumbs(found, title),
        "tabs": tabs,
        "document": found,
        "proved": not one.packet_id,
        "page": Paginator(rows, _PAGE).get_page(request.GET.get("page")),
        "state": state,
    }
    return render(request, "documents/sent.html", context)


@require_safe
@login_required
def delivery_proof(request: HttpRequest, number: int, delivery_id: int) -> HttpResponse:
    """Show what proves a delivery: who, when, digest, sealed receipts, place in the journal."""
    actor = acting_in(request)
    found = document(actor, number)
    one = of_sent.delivery(found, delivery_id)
    title = _("Proof for {organ}").format(organ=one.organ)
    return _proof(request, lambda: proof.of_delivery(actor, one.pk), {"title": title, "crumbs": crumbs(found, title)})


@require_safe
@login_required
def arrival_proof(request: HttpRequest, number: int) -> HttpResponse:
    """Show what proves how a document arrived."""
    actor = acting_in(request)
    found = document(actor, number)
    title = _("Proof of the arrival")
    return _proof(request, lambda: proof.of_arrival(actor, found.pk), {"title": title, "crumbs": crumbs(found, title)})


@require_safe
@login_required
def delivery_record(request: HttpRequest, number: int, delivery_id: int, index: int) -> HttpResponse:
    """Send a piece of the proof of a delivery, as a file that anyone verifies."""
    actor = acting_in(request)
    one = of_sent.delivery(document(actor, number), delivery_id)
    return _file(lambda: proof.record_of_delivery(actor, one.pk, index), index)


@require_safe
@login_required
def arrival_record(request: HttpRequest, number: int, index: int) -> HttpResponse:
    """Send a piece of the proof of an arrival."""
    actor = acting_in(request)
    found = document(actor, number)
    return _file(lambda: proof.record_of_arrival(actor, found.pk, index), index)


def _proof(request: HttpRequest, ask: Callable[[], proof.Proof], context: dict[str, object]) -> HttpResponse:
    try:
        return render(request, "documents/proof.html", {**context, "proof": ask()})
    except _SILENT:
        # The page is there; what stands on it says that the gateway is not.
        return render(request, "documents/proof.html", {**context, "proof": None})


def _file(ask: Callable[[], bytes], index: int) -> HttpResponse:
    try:
        content = ask()
    except _SILENT as error:
        raise Conflict(_("The gateway does not answer now.")) from error
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="evidence-{index}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response
