"""Language and appearance: chosen on every page, signed in or not; kept in cookies, the language in the account too."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from lienthong.office.accounts.actions.preferences import choose_language
from lienthong.office.core.actor import Actor

THEME_COOKIE: Final = "theme"
THEMES: Final = ("light", "dark", "auto")
_YEAR: Final = 365 * 24 * 3600


def theme_of(request: HttpRequest) -> str:
    """Return the appearance that the reader chose; "auto" (as the device says) for none or one that does not exist."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "auto"


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Change the language and go back to the page it was asked on."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest()
    actor: Actor | None = request.actor  # type: ignore[attr-defined]  # set by ActingMiddleware
    if actor is not None and actor.language != chosen:
        choose_language(actor=actor, language=chosen)
    # Scripts have no use for it.
    return _chosen(request, settings.LANGUAGE_COOKIE_NAME, chosen, httponly=True)


@require_POST
def theme(request: HttpRequest) -> HttpResponseBase:
    """Change the appearance: what the script does at once, for whoever has none."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return HttpResponseBadRequest()
    return _chosen(request, THEME_COOKIE, chosen, httponly=False)


def _chosen(request: HttpRequest, name: str, value: str, *, httponly: bool) -> HttpResponseRedirect:
    """Go back with a cookie, within this site only."""
    back = request.POST.get("next", "")
    here = {request.get_host()}
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=here, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    response.set_cookie(
        name, value, max_age=_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=httponly, samesite="Lax"
    )
    return response
