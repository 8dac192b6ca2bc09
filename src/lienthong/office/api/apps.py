"""The application ``api``."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The face to information systems."""

    name = "lienthong.office.api"
    label = "api"
