"""What keeps documents from leaving or arriving, in words for whoever sent them."""

from django.utils.translation import gettext

from lienthong.client import Problem
from lienthong.kernel.errors import BadInput, LienthongError
from lienthong.office.core.errors import OfficeError


class GatewaysInvalid(BadInput):
    """The file with the gateways of the exchange is not in order."""

    code = "gateways_invalid"
    hint = "docs/operations.md describes it; LIENTHONG_OFFICE_EXCHANGE names it."


class OrganUnserved(OfficeError):
    """No gateway of the exchange is known that serves this organ."""

    code = "organ_unserved"
    hint = "Ask your administrator to name it in the file that LIENTHONG_OFFICE_EXCHANGE names."


class PacketInvalid(BadInput):
    """This is not a document as offices send it."""

    code = "packet_invalid"
    hint = "Nothing of it was kept; the sender has to send it anew."


def words(error: LienthongError) -> str:
    """Return what happened in the language that is on now; a gateway has said it in the installation's."""
    if isinstance(error, Problem):
        return str(error)
    place = f": {error.where}" if error.where else ""
    return f"{gettext(error.message)}{place}. {gettext(error.advice)}"
