"""What every template knows."""

from typing import Any

from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return who acts."""
    return {"actor": getattr(request, "actor", None)}
