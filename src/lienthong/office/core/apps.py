"""The application ``core``."""

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """The frame of the office."""

    name = "lienthong.office.core"
    label = "core"

    def ready(self) -> None:
        """Register the checks, and what the frame itself has in the menus."""
        from lienthong.office.core import cards, rooms, search  # noqa: PLC0415 - settings are read only now
        from lienthong.office.core.checks import assets_are_built  # noqa: PLC0415 - as above
        from lienthong.office.core.notifications import card  # noqa: PLC0415 - as above

        register(assets_are_built)
        cards.register(
            cards.Card(
                key="news",
                group=cards.Group.WAITING,
                title=_("Notifications"),
                url="/notifications/",
                empty=_("There is nothing new."),
                order=0,
                fill=card.fill,
            )
        )
        search.register(search.Source(key="rooms", title=_("Pages"), order=0, find=search.find_rooms))
        rooms.register(rooms.Entry(key="home", title=_("Home"), url="/", icon="home", order=0, shortcut="h"))
        rooms.register(
            rooms.Entry(
                key="styleguide",
                title=_("Style guide"),
                url="/styleguide/",
                icon="palette",
                order=900,
                shown=lambda actor: actor.operator,
            )
        )
        for order, (key, title, url, icon) in enumerate(
            (
                ("password", _("Change password"), "/account/password/change/", "key"),
                ("second", _("Two-step sign-in and passkeys"), "/account/2fa/", "fingerprint"),
                ("sessions", _("Where you are signed in"), "/account/sessions/", "device"),
            )
        ):
            entry = rooms.Entry(key=key, title=title, url=url, icon=icon, order=100 + order)
            rooms.register(entry, rooms.Menu.ACCOUNT)
