"""The application ``accounts``."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Persons and their accounts."""

    name = "lienthong.office.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Listen to what allauth tells."""
        from lienthong.office.accounts import signals  # noqa: PLC0415 - models of all applications must be there first

        signals.connect()
