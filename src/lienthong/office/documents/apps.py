"""The application ``documents``."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Documents of every organ."""

    name = "lienthong.office.documents"
    label = "documents"

    def ready(self) -> None:
        """Say what notifications and the trail tell."""
        # Models of all applications must be there first.
        from lienthong.office.documents import notices  # noqa: PLC0415 - see above
        from lienthong.office.documents.audit import TITLES  # noqa: PLC0415 - see above
        from lienthong.office.trail import kinds  # noqa: PLC0415 - see above

        notices.connect()
        kinds.register(TITLES)
