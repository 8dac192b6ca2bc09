"""The application ``accounts``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Persons and their accounts."""

    name = "lienthong.office.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Listen to what allauth tells, stand in the menus, and let persons be found."""
        from lienthong.office.accounts import notices, signals  # noqa: PLC0415 - models of all applications must be there first
        from lienthong.office.accounts.search import find_persons  # noqa: PLC0415 - the same
        from lienthong.office.core import rooms, search  # noqa: PLC0415 - the same

        signals.connect()
        notices.connect()
        rooms.register(
            rooms.Entry(key="persons", title=_("Persons"), url="/persons/", icon="people", order=30, shortcut="p")
        )
        mine = rooms.Entry(key="account", title=_("My account"), url="/account/", icon="person", order=90)
        rooms.register(mine, rooms.Menu.ACCOUNT)
        search.register(search.Source(key="persons", title=_("Persons"), order=20, find=find_persons))
