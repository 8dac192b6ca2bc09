"""The application ``organs``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrgansConfig(AppConfig):
    """Units and positions."""

    name = "lienthong.office.organs"
    label = "organs"

    def ready(self) -> None:
        """Stand in the navigation and on the home page, and let units be found."""
        from lienthong.office.core import rooms, search  # noqa: PLC0415 - models of all applications must be there first
        from lienthong.office.organs import cards  # noqa: PLC0415 - the same
        from lienthong.office.organs.search import find_units  # noqa: PLC0415 - the same

        cards.register()
        rooms.register(rooms.Entry(key="units", title=_("Units"), url="/units/", icon="organs", order=20, shortcut="u"))
        search.register(search.Source(key="units", title=_("Units"), order=10, find=find_units))
