"""What the audit trail says of files and their keys."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class VaultEvent(StrEnum):
    """``source:subject:action`` of each entry."""

    KEY_CREATE = "vault:key:create"
    KEY_ROTATE = "vault:key:rotate"
    KEY_DESTROY = "vault:key:destroy"
    FILE_INFECTED = "vault:file:infected"
    FILE_SHRED = "vault:file:shred"


TITLES: Final[Mapping[VaultEvent, Promise]] = MappingProxyType(
    {
        VaultEvent.KEY_CREATE: _("made the organ's first key for files"),
        VaultEvent.KEY_ROTATE: _("renewed the organ's key for files"),
        VaultEvent.KEY_DESTROY: _("destroyed an old key for files"),
        VaultEvent.FILE_INFECTED: _("brought a file with a virus, which was refused"),
        VaultEvent.FILE_SHRED: _("destroyed a file for ever"),
    }
)
