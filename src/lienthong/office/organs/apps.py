"""The application ``organs``."""

from django.apps import AppConfig


class OrgansConfig(AppConfig):
    """Units and positions."""

    name = "lienthong.office.organs"
    label = "organs"
