"""In which language somebody reads: as chosen in this browser, else as their account says, else as the browser asks."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

type Next = Callable[[HttpRequest], HttpResponse]
_LANGUAGES: Final = frozenset(dict(settings.LANGUAGES))


class LanguageMiddleware:
    """Let the account's language go before the browser's; Django's own middleware has done the rest."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve a request in its reader's language."""
        actor = getattr(request, "actor", None)
        if actor is None or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) in _LANGUAGES:
            return self._next(request)
        with translation.override(actor.language):
            response = self._next(request)
        response.headers.setdefault("Content-Language", actor.language)
        return response
