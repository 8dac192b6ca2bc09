"""The application ``records``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    """Work files of every organ."""

    name = "lienthong.office.records"
    label = "records"

    def ready(self) -> None:
        """Stand in the navigation and on the home page, let files be found, say what is told of them."""
        # Models of all applications must be there first.
        from lienthong.office.core import rooms, search  # noqa: PLC0415 - see above
        from lienthong.office.records import cards, left, notices  # noqa: PLC0415 - see above
        from lienthong.office.records.audit import TITLES  # noqa: PLC0415 - see above
        from lienthong.office.records.search import find_files  # noqa: PLC0415 - see above
        from lienthong.office.trail import kinds  # noqa: PLC0415 - see above

        notices.connect()
        kinds.register(TITLES)
        cards.register()
        left.register()
        rooms.register(
            rooms.Entry(key="records", title=_("Work files"), url="/records/", icon="archive", order=15, shortcut="w")
        )
        search.register(search.Source(key="records", title=_("Work files"), order=8, find=find_files))
