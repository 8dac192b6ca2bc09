"""Switching the position one acts in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lienthong.office.accounts.acting import SESSION_KEY
from lienthong.office.accounts.actions.acting import act_as
from lienthong.office.accounts.choices import choices, key_of
from lienthong.office.accounts.views.common import acting_in


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def acting(request: HttpRequest) -> HttpResponse:
    """Show what one may act as, or act as another of these."""
    actor = acting_in(request)
    if request.method == "POST":
        chosen = act_as(actor=actor, key=request.POST.get("as", ""))
        request.session[SESSION_KEY] = chosen.key
        messages.success(
            request, _("You now act as %(position)s, %(organ)s.") % {"position": chosen.position, "organ": chosen.organ}
        )
        return redirect(_back(request))
    context = {
        "title": _("The position you act in"),
        "choices": choices(actor.person_id),
        "current": key_of(actor),
        "next": request.GET.get("next", ""),
    }
    return render(request, "accounts/acting.html", context)


def _back(request: HttpRequest) -> str:
    """Return where to go on: within this site only."""
    wanted = request.POST.get("next", "")
    here = {request.get_host()}
    return wanted if url_has_allowed_host_and_scheme(wanted, here, require_https=request.is_secure()) else "/"
