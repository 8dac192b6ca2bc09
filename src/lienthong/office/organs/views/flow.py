"""From a form over a preview to what is done: the same three steps for every action on units."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Invalid
from lienthong.office.organs.actions.plans import Plan

type Seen = dict[int, int]
_SEEN: Final = re.compile(r"[0-9]{1,18}:[0-9]{1,9}(,[0-9]{1,18}:[0-9]{1,9}){0,500}")
_OWN: Final = frozenset({"csrfmiddlewaretoken", "confirmed", "seen"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow[F: forms.Form]:
    """One action as its page asks for it."""

    title: str
    # On the button that does it.
    submit: str
    # Where to go back to.
    cancel: str
    form: F
    # What follows from a valid form.
    plan: Callable[[F], Plan]
    # Does it on what was seen; returns where to go then.
    do: Callable[[F, Seen], str]
    # What is said when it is done.
    done: str
    grave: bool = False
    # More for the templates: crumbs.
    context: Mapping[str, Any]


def run[F: forms.Form](request: HttpRequest, flow: Flow[F]) -> HttpResponse:
    """Show the form, then what follows, then do it."""
    if request.method != "POST" or not flow.form.is_valid():
        return _ask(request, flow)
    if request.POST.get("confirmed") != "1":
        return _preview(request, flow)
    try:
        place = flow.do(flow.form, seen_in(request.POST.get("seen", "")))
    except Conflict:
        messages.error(request, _("Somebody else changed this meanwhile. Look at what follows now."))
        return _preview(request, flow, status=409)
    except Invalid as error:
        flow.form.add_error(None, error.where)
        return _ask(request, flow)
    messages.success(request, flow.done)
    return redirect(place)


def _ask(request: HttpRequest, flow: Flow[Any]) -> HttpResponse:
    context = {
        "title": flow.title, "form": flow.form, "submit": _("See what follows"), "cancel_url": flow.cancel,
        **flow.context,
    }  # fmt: skip
    return render(request, "organs/form.html", context, status=400 if flow.form.is_bound and flow.form.errors else 200)


def _preview(request: HttpRequest, flow: Flow[Any], status: int = 200) -> HttpResponse:
    with scope.system():
        plan = flow.plan(flow.form)
    context = {
        "title": flow.title,
        "consequences": plan.consequences,
        "refusals": plan.refusals,
        "form": hidden(request.POST, seen=plan.revisions),
        "submit": flow.submit,
        "grave": flow.grave or any(each.grave for each in plan.consequences),
        "cancel_url": flow.cancel,
        **flow.context,
    }
    return render(request, "core/preview.html", context, status=status)


def hidden(given: QueryDict, *, seen: Mapping[int, int]) -> SafeString:
    """Return what was given once more, as fields that nobody sees, with the revisions it was looked at in."""
    pairs = [(name, value) for name in given if name not in _OWN for value in given.getlist(name)]
    pairs.append(("seen", ",".join(f"{number}:{revision}" for number, revision in sorted(seen.items()))))
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)


def seen_in(text: str) -> Seen:
    """Return the revisions of a confirmed preview; none for what is none, which then is a conflict."""
    if not _SEEN.fullmatch(text):
        return {}
    pairs = (pair.split(":") for pair in text.split(","))
    return {int(number): int(revision) for number, revision in pairs}
