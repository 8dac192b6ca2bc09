"""The application ``members``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lienthong.office.core.actor import Actor


class MembersConfig(AppConfig):
    """The registry of members, for who answers for it."""

    name = "lienthong.office.members"
    label = "members"

    def ready(self) -> None:
        """Stand in the navigation, and let members be found."""
        # Models of all applications must be there first.
        from lienthong.office.core import rooms, search  # noqa: PLC0415 - see above
        from lienthong.office.members import cards, notices  # noqa: PLC0415 - see above
        from lienthong.office.members.audit import TITLES  # noqa: PLC0415 - see above
        from lienthong.office.members.search import find_members  # noqa: PLC0415 - see above
        from lienthong.office.trail import kinds  # noqa: PLC0415 - see above

        kinds.register(TITLES)
        notices.connect()
        cards.register()
        rooms.register(
            rooms.Entry(
                key="members", title=_("Members"), url="/members/", icon="badge", order=17, shortcut="m", shown=_open
            )
        )
        search.register(search.Source(key="members", title=_("Members"), order=12, find=find_members))


def _open(actor: Actor) -> bool:
    return actor.keeps_members
