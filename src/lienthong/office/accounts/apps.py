"""The application ``accounts``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Persons and their accounts."""

    name = "lienthong.office.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Listen to what allauth tells, stand in the menus and on the home page, and let persons be found."""
        # Models of all applications must be there first.
        from lienthong.office.accounts import cards, notices, signals  # noqa: PLC0415 - see above
        from lienthong.office.accounts.search import find_persons  # noqa: PLC0415 - see above
        from lienthong.office.core import rooms, search  # noqa: PLC0415 - see above

        signals.connect()
        notices.connect()
        cards.register()
        rooms.register(
            rooms.Entry(key="persons", title=_("Persons"), url="/persons/", icon="people", order=30, shortcut="p")
        )
        mine = rooms.Entry(key="account", title=_("My account"), url="/account/", icon="person", order=90)
        rooms.register(mine, rooms.Menu.ACCOUNT)
        search.register(search.Source(key="persons", title=_("Persons"), order=20, find=find_persons))
