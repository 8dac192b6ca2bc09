"""The application ``organs``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrgansConfig(AppConfig):
    """Units and positions."""

    name = "lienthong.office.organs"
    label = "organs"

    def ready(self) -> None:
        """Stand in the navigation and on the home page."""
        from lienthong.office.core import rooms  # noqa: PLC0415 - models of all applications must be there first
        from lienthong.office.organs import cards  # noqa: PLC0415 - the same

        cards.register()
        rooms.register(rooms.Entry(key="units", title=_("Units"), url="/units/", icon="organs", order=20, shortcut="u"))
