"""What Django checks before it serves pages of ours."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.checks import Warning as Caution


def assets_are_built(**options: Any) -> list[CheckMessage]:  # noqa: ANN401 - what Django passes to checks
    """Say so when there is no style sheet."""
    del options
    if (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        return []
    hint = "Run `make assets`. A wheel carries them; a checkout builds them."
    return [Caution("The pages have no style sheet yet.", hint=hint, id="core.W001")]
