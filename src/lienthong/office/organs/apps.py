"""The application ``organs``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrgansConfig(AppConfig):
    """Units and positions."""

    name = "lienthong.office.organs"
    label = "organs"

    def ready(self) -> None:
        """Put the tree into the navigation."""
        from lienthong.office.core import rooms  # noqa: PLC0415 - models of all applications must be there first

        rooms.register(rooms.Entry(key="units", title=_("Units"), url="/units/", icon="organs", order=20, shortcut="u"))
