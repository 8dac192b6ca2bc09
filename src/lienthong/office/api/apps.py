"""The application ``api``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    """The face to information systems."""

    name = "lienthong.office.api"
    label = "api"

    def ready(self) -> None:
        """Stand in the menu of one's own account, and name the deeds."""
        from lienthong.office.api.actions import tokens  # noqa: PLC0415 - models of all applications must be there first
        from lienthong.office.core import rooms  # noqa: PLC0415 - the same
        from lienthong.office.trail import kinds  # noqa: PLC0415 - the same

        kinds.register(tokens.TITLES)
        mine = rooms.Entry(
            key="tokens",
            title=_("API tokens"),
            url="/tokens/",
            icon="code",
            order=93,
            shown=lambda actor: bool(actor.appointment_id),
        )
        rooms.register(mine, rooms.Menu.ACCOUNT)
