"""The application ``vault``."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """The encrypted files."""

    name = "lienthong.office.vault"
    label = "vault"
