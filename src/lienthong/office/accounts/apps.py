"""The application ``accounts``."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Persons and their accounts."""

    name = "lienthong.office.accounts"
    label = "accounts"
