"""The application ``trail``."""

from django.apps import AppConfig


class TrailConfig(AppConfig):
    """The audit trail."""

    name = "lienthong.office.trail"
    label = "trail"
