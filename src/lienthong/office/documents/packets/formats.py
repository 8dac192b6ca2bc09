"""The format of packets that the profile has, and under which code an organ stands in them."""

from functools import cache

from django.conf import settings

from lienthong.kernel.errors import AgencyCodeInvalid
from lienthong.office.documents.models import Letterhead
from lienthong.office.documents.packets.errors import FormatUnknown, OrganUncoded
from lienthong.office.organs.models import Unit
from lienthong.profiles import load
from lienthong.profiles.packets import PacketFormat


@cache
def known() -> PacketFormat | None:
    """Return the profile's format; None where it has none."""
    found = load(settings.LIENTHONG_PROFILE).packets
    return found() if found is not None else None


def packets() -> PacketFormat:
    """Return the profile's format.

    Raises:
        FormatUnknown: it has none.
    """
    found = known()
    if found is None:
        raise FormatUnknown
    return found


def code_of(organ: Unit) -> str:
    """Return the agency code under which an organ sends and gets packets: the one it chose, else its own.

    Raises:
        OrganUncoded: it chose none, and its own is none.
        FormatUnknown: there are no packets.
    """
    chosen = Letterhead.objects.filter(pk=organ.pk).values_list("agency_code", flat=True).first()
    try:
        return packets().code(chosen or organ.code)
    except AgencyCodeInvalid as error:
        raise OrganUncoded(organ.name) from error
