"""Pages of tokens: one's own, and those of information systems of the organs one administers."""

from collections.abc import Callable
from typing import Any, cast

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lienthong.office.accounts.models import Token
from lienthong.office.api import tokens
from lienthong.office.api.actions.tokens import issue_personal, issue_system, revoke
from lienthong.office.api.forms import PersonalTokenForm, SystemTokenForm
from lienthong.office.api.tokens import SCOPE_NAMES, Scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Forbidden, Invalid
from lienthong.office.core.middleware import OfficeRequest
from lienthong.office.core.policies import Permission, may, require

_LIST = "/tokens/"
_SHOWN = 200


@require_safe
@login_required
def listed(request: HttpRequest) -> HttpResponse:
    """Show the tokens one may see."""
    actor = _actor(request)
    found = [
        {
            "token": token,
            "scopes": [_(SCOPE_NAMES[Scope(scope)]) for scope in token.scopes if scope in SCOPE_NAMES],
            "holds": token.revoked_at is None and token.expires_at > now(),
        }
        for token in tokens.listed(actor)[:_SHOWN]
    ]
    page = {"title": _("API tokens"), "found": found, "administers": may(actor, Permission.TOKEN_MANAGE)}
    return render(request, "api/tokens.html", page)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_personal(request: HttpRequest) -> HttpResponse:
    """Make a token of one's own."""
    actor = _actor(request)
    if not actor.appointment_id or actor.substitution_id:
        raise Forbidden("token", hint=_("Act in a position of your own; a substitution has no tokens."))
    intro = _("Programs that have the token act as you do now: %(position)s. Give it to nobody.") % {
        "position": f"{actor.position}, {actor.organ}"
    }
    return _made(request, PersonalTokenForm, issue_personal, {"title": _("New token of your own"), "intro": intro})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_system(request: HttpRequest) -> HttpResponse:
    """Make a token for an information system."""
    require(_actor(request), Permission.TOKEN_MANAGE)
    intro = _("The system reads what every official of the organ reads, up to internal; it changes nothing.")
    return _made(request, SystemTokenForm, issue_system, {"title": _("New token of a system"), "intro": intro})


@require_POST
@login_required
def revoked(request: HttpRequest, number: int) -> HttpResponse:
    """Withdraw a token."""
    revoke(actor=_actor(request), token_id=number)
    messages.success(request, _("The token opens nothing any more."))
    return redirect(_LIST)


def _made(
    request: HttpRequest,
    kind: type[PersonalTokenForm],
    issue: Callable[..., tuple[Token, str]],
    page: dict[str, Any],
) -> HttpResponse:
    raise_if_reauthentication_required(request, app="")
    actor = _actor(request)
    crumbs = [{"title": _("API tokens"), "url": _LIST}, {"title": page["title"], "url": ""}]
    page |= {"submit": _("Make the token"), "cancel_url": _LIST, "crumbs": crumbs}
    form = kind(request.POST, actor=actor) if request.method == "POST" else kind(actor=actor)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        wanted = {"name": given["name"], "expires_on": given["expires_on"], "scopes": map(Scope, given["scopes"])}
        if "official" in given:
            wanted["appointment_id"] = given["official"]
        try:
            token, secret = issue(actor=actor, **wanted)
        except Invalid as refused:
            form.add_error(None, refused.advice)
        else:
            # Shown in this answer and nowhere else: not in a session, not in an address.
            return render(request, "api/made.html", page | {"token": token, "secret": secret})
    return render(request, "core/form_page.html", page | {"form": form})


def _actor(request: HttpRequest) -> Actor:
    actor = cast("OfficeRequest", request).actor
    if actor is None:
        raise Forbidden("tokens")
    return actor
