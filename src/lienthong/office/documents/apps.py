"""The application ``documents``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DocumentsConfig(AppConfig):
    """Documents of every organ."""

    name = "lienthong.office.documents"
    label = "documents"

    def ready(self) -> None:
        """Stand in the navigation, and say what notifications and the trail tell."""
        # Models of all applications must be there first.
        from lienthong.office.core import rooms, search  # noqa: PLC0415 - see above
        from lienthong.office.documents import cards, facets, left, notices  # noqa: PLC0415 - see above
        from lienthong.office.documents.audit import TITLES  # noqa: PLC0415 - see above
        from lienthong.office.documents.search import find_documents, find_narrowed  # noqa: PLC0415 - see above
        from lienthong.office.trail import kinds  # noqa: PLC0415 - see above

        cards.register()
        left.register()
        notices.connect()
        kinds.register(TITLES)
        rooms.register(
            rooms.Entry(
                key="documents", title=_("Documents"), url="/documents/", icon="document", order=10, shortcut="d"
            )
        )
        narrowing = search.Narrowing(keys=facets.KEYS, facets=facets.facets_of, find=find_narrowed)
        search.register(
            search.Source(key="documents", title=_("Documents"), order=5, find=find_documents, narrowing=narrowing)
        )
