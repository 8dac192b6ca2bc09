"""Write docs/office-openapi.json: the description of the office's ``/api/v1``, made from the endpoints."""

import os
import tempfile
from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).resolve().parent.parent / "docs" / "office-openapi.json"


def made() -> bytes:
    """Return the description; Django is set up for it if it is not yet."""
    import django  # noqa: PLC0415 - only when it is needed
    from django.apps import apps  # noqa: PLC0415 - the same

    if not apps.ready:
        # Reads no data; the key that Django wants is thrown away.
        os.environ.setdefault("LIENTHONG_OFFICE_STATE", tempfile.mkdtemp())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lienthong.office.settings")
        django.setup()
    from lienthong.office.api.root import document  # noqa: PLC0415 - needs Django set up

    return document()


if __name__ == "__main__":
    PATH.write_bytes(made())
