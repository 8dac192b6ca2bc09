"""One's notifications: the page, opening one, marking them as read, and when to be told by mail."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lienthong.office.core.actor import Actor
from lienthong.office.core.models import MailChoice
from lienthong.office.core.notifications import actions, selectors

_ID_LENGTH = 18


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Show the newest, and when mails are sent."""
    actor = _actor(request)
    context = {
        "title": _("Notifications"),
        "notes": selectors.recent(actor),
        "choices": MailChoice.choices,
        "chosen": selectors.mail_choice(actor),
    }
    return render(request, "core/notifications.html", context)


@require_safe
@login_required
def piece(request: HttpRequest) -> HttpResponseBase:
    """Return the list alone: what an open page shows when there is news; to whoever wants a page, the page."""
    if "HX-Request" not in request.headers:
        return redirect("notifications")
    return render(request, "core/notification_list.html", {"notes": selectors.recent(_actor(request))})


@require_POST
@login_required
def open_one(request: HttpRequest, note: int) -> HttpResponseBase:
    """Mark one as read and go where it leads."""
    # An id of another type's size would be an error of the database.
    return HttpResponseRedirect(actions.read(actor=_actor(request), note=note if note < 10**_ID_LENGTH else 0))


@require_POST
@login_required
def read_all(request: HttpRequest) -> HttpResponseBase:
    """Mark what was shown as read."""
    given = request.POST.get("up_to", "")
    newest = int(given) if given.isascii() and given.isdecimal() and len(given) <= _ID_LENGTH else 0
    actions.read_all(actor=_actor(request), up_to=newest)
    return redirect("notifications")


@require_POST
@login_required
def choose_mail(request: HttpRequest) -> HttpResponseBase:
    """Choose when one is told by mail."""
    actions.choose_mail(actor=_actor(request), choice=request.POST.get("mail", ""))
    messages.success(request, _("Your choice was saved."))
    return redirect("notifications")


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by ActingMiddleware
    return actor
