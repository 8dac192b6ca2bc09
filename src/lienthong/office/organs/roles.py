"""What roles are called."""

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext_lazy as _

from lienthong.office.core.actor import ROLE_ORDER, Role

ROLE_NAMES: Final = {
    Role.ADMINISTRATOR: _("administrator"),
    Role.SECURITY: _("security officer"),
    Role.AUDITOR: _("auditor"),
    Role.LEADER: _("head"),
    Role.CLERK: _("clerk"),
    Role.STEWARD: _("steward of the members"),
}


def role_names(roles: Iterable[Role]) -> str:
    """Return the names of roles in the reader's language, in one line."""
    return ", ".join(str(ROLE_NAMES[role]) for role in sorted(roles, key=ROLE_ORDER.__getitem__))
