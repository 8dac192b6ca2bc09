"""The application ``core``."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The frame of the office."""

    name = "lienthong.office.core"
    label = "core"
