"""Answer a request for a list: the page, the counts of a filter, an export, or what is done to rows."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid, NotFound
from lienthong.office.core.exports import csv_file, pdf_file, xlsx_file
from lienthong.office.core.lists import actions
from lienthong.office.core.lists.asking import Ask
from lienthong.office.core.lists.filters import ChoiceFilter
from lienthong.office.core.lists.pages import BulkAction, ListPage
from lienthong.office.core.lists.reading import facet, read, row_names
from lienthong.office.core.lists.table import table
from lienthong.office.core.lists.views import delete_view, save_view, views_of

_TYPES: Final = {"csv": csv_file.TYPE, "xlsx": xlsx_file.TYPE, "pdf": pdf_file.TYPE}
_NAMED: Final = 5
"""How many of the rows are named where a bulk action asks once more."""
_ID_LENGTH: Final = 18


def respond(
    request: HttpRequest,
    page: ListPage,
    *,
    template: str = "core/list.html",
    context: Mapping[str, Any] | None = None,
) -> HttpResponseBase:
    """Answer a request for a list.

    Args:
        request: of somebody signed in.
        page: the list.
        template: extends core/list.html.
        context: more for the template.

    Raises:
        Forbidden: a bulk action is not the reader's to do.
        NotFound: there is no such action or view.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by ActingMiddleware
    ask = Ask.of(page, request.GET)
    if request.method == "POST":
        return _do(request, actor, ask)
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    kind = request.GET.get("export", "")
    if kind in page.kinds:
        return _file(actor, ask, kind)
    for each in page.filters:
        if isinstance(each, ChoiceFilter) and each.counted and each.key == request.GET.get("facets"):
            return JsonResponse(facet(actor, ask, each))
    shown = table(actor, read(actor, ask), request.path, views_of(actor, page.name))
    return render(request, template, {"title": page.title, "list": shown, **(context or {})})


def _file(actor: Actor, ask: Ask, kind: str) -> HttpResponseBase:
    name = f"{ask.list_page.name}-{localdate():%Y-%m-%d}.{kind}"
    file = actions.export(actor=actor, ask=ask, kind=kind)
    response = FileResponse(file, as_attachment=True, filename=name, content_type=_TYPES[kind])
    response["Cache-Control"] = "no-store"
    return response


def _do(request: HttpRequest, actor: Actor, ask: Ask) -> HttpResponseBase:
    """Save or delete a view, or do something to rows; then show the list again."""
    wanted = request.POST.get("action", "")
    try:
        if wanted == "save-view":
            save_view(actor=actor, ask=ask, name=request.POST.get("name", ""))
            messages.success(request, _("The view was saved."))
        elif wanted.startswith("delete-view-"):
            given = wanted.removeprefix("delete-view-")
            view = int(given) if given.isascii() and given.isdecimal() and len(given) <= _ID_LENGTH else 0
            delete_view(actor=actor, page=ask.list_page.name, view=view)
            messages.success(request, _("The view was deleted."))
        else:
            action = next((each for each in ask.list_page.bulk if each.name == wanted), None)
            if action is None:
                raise NotFound(wanted)
            return _bulk(request, actor, ask, action)
    except Invalid as error:
        messages.error(request, error.advice)
    return HttpResponseRedirect(f"{request.path}{ask.query()}")


def _bulk(request: HttpRequest, actor: Actor, ask: Ask, action: BulkAction) -> HttpResponseBase:
    """Do something to many rows; what is grave, only once it was confirmed for as many as there are now."""
    everything = request.POST.get("all") == "1"
    given = None if everything else request.POST.getlist("selected")
    ids = actions.chosen(actor=actor, ask=ask, action=action, ids=given)
    if (action.grave or everything) and request.POST.get("expected") != str(len(ids)):
        return _confirm(request, actor, ask, action, ids)
    with transaction.atomic():
        number = action.run(actor, ids)
    text = ngettext("{action}: done for {number} row.", "{action}: done for {number} rows.", number)
    messages.success(request, text.format(action=action.title, number=number))
    return HttpResponseRedirect(f"{request.path}{ask.query()}")


def _confirm(request: HttpRequest, actor: Actor, ask: Ask, action: BulkAction, ids: list[int]) -> HttpResponse:
    """Ask once more, naming the number and the first of the rows."""
    texts = row_names(actor, ask, ids[:_NAMED])
    if len(ids) > len(texts):
        texts.append(_("and {number} more").format(number=len(ids) - len(texts)))
    question = ngettext("{action}: {number} row", "{action}: {number} rows", len(ids))
    hidden = [("action", action.name), ("expected", str(len(ids)))]
    hidden += [("all", "1")] if request.POST.get("all") == "1" else [("selected", str(one)) for one in ids]
    address = f"{request.path}{ask.query()}"
    context = {
        "title": question.format(action=action.title, number=len(ids)),
        "consequences": [{"text": text, "grave": False, "url": ""} for text in texts],
        "form": format_html_join("", '<input type="hidden" name="{}" value="{}">', hidden),
        "submit": action.title,
        "grave": action.grave,
        "form_action": address,
        "cancel_url": address,
    }
    return render(request, "core/preview.html", context)
