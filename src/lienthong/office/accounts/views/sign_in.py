"""The way in beside allauth's pages: invitations, and the second factor that some must get."""

from typing import Final

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.internal.flows.logout import logout
from allauth.account.models import Login
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from lienthong.office.accounts.actions.invitations import accept_invitation, digest_of
from lienthong.office.accounts.models import Person
from lienthong.office.accounts.network import address_of
from lienthong.office.accounts.selectors.sign_in import invited
from lienthong.office.core import scope
from lienthong.office.core.errors import NotFound

_TOKEN: Final = "invitation"  # noqa: S105 - a name in the session


@require_safe
@never_cache
def invitation_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """Take the token out of the address, where browsers would show it to other sites and keep it."""
    if invited(digest_of(token)) is None:
        return _over(request)
    request.session[_TOKEN] = token
    return redirect("invitation")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
def invitation(request: HttpRequest) -> HttpResponseBase:
    """Let an invited person choose a password, and sign them in with it."""
    token = request.session.get(_TOKEN, "")
    person = invited(digest_of(token))
    if person is None:
        return _over(request)
    form = SetPasswordForm(person, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {
            "title": _("Begin with your account"),
            "form": form,
            "person": person,
            "submit": _("Save and sign in"),
        }
        return render(request, "accounts/invitation.html", context)
    password = form.cleaned_data["new_password1"]
    try:
        person = accept_invitation(token=token, password=password, address=address_of(request))
    except NotFound:
        # Used at the same moment in another window.
        return _over(request)
    return _enter(request, person)


def _enter(request: HttpRequest, person: Person) -> HttpResponse:
    # Whoever was signed in on this device before is not any more.
    logout(request, show_message=False)
    request.session.pop(_TOKEN, None)
    login = Login(user=person, email=person.email)
    with scope.using(scope.SIGN_IN):
        answer: HttpResponse = perform_password_login(request, {"email": person.email}, login)
    return answer


def _over(request: HttpRequest) -> HttpResponse:
    request.session.pop(_TOKEN, None)
    return render(request, "accounts/invitation_over.html", {"title": _("This invitation is over")}, status=404)


@require_safe
@login_required
def protect(request: HttpRequest) -> HttpResponse:
    """Say why a second factor is needed now, and lead to where one gets it."""
    return render(request, "accounts/protect.html", {"title": _("Protect your account")})


def closed(request: HttpRequest, key: str = "") -> HttpResponse:
    """Answer for pages of allauth that this office has no use for."""
    del key
    raise Http404(request.path)


# Browsers hold a form to this also where its answer leads, and a provider may lead on to another. Nothing is typed
# here, so there is nothing for a form slipped in to carry away.
_LEADS_OUT: Final = {
    **settings.SECURE_CSP,
    "form-action": [CSP.SELF, "https:"] if settings.SECURE else [CSP.SELF, "https:", "http:"],
}


@csp_override(_LEADS_OUT)
def single_sign_on(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Ask whether to go on to the other system, and go there: the page of allauth, whose form may lead out."""
    answer: HttpResponseBase = openid_connect.login(request, provider_id)
    return answer
