"""The application ``trail``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrailConfig(AppConfig):
    """The audit trail."""

    name = "lienthong.office.trail"
    label = "trail"

    def ready(self) -> None:
        """Stand in the menus, and learn what the other rooms call their deeds."""
        from lienthong.office.accounts.events import TITLES as OF_PERSONS  # noqa: PLC0415 - models must be there first
        from lienthong.office.core import rooms  # noqa: PLC0415 - the same
        from lienthong.office.organs.histories import TITLES as OF_UNITS  # noqa: PLC0415 - the same
        from lienthong.office.trail import kinds  # noqa: PLC0415 - the same
        from lienthong.office.vault.events import TITLES as OF_FILES  # noqa: PLC0415 - the same

        kinds.register(OF_PERSONS)
        kinds.register(OF_UNITS)
        kinds.register(OF_FILES)
        rooms.register(
            rooms.Entry(
                key="trail",
                title=_("Audit trail"),
                url="/trail/",
                icon="history",
                order=60,
                shown=lambda actor: actor.audits,
            )
        )
        mine = rooms.Entry(key="deeds", title=_("What I have done"), url="/trail/", icon="history", order=95)
        rooms.register(mine, rooms.Menu.ACCOUNT)
