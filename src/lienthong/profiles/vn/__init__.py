"""The political system of Vietnam: units, organs, labels, urgency and documents."""

from typing import Final

from lienthong.profiles.base import Profile
from lienthong.profiles.packets import PacketFormat
from lienthong.profiles.vn.archives import ARCHIVES
from lienthong.profiles.vn.document_types import DOCUMENT_TYPES
from lienthong.profiles.vn.labels import LABELS
from lienthong.profiles.vn.numbering import NUMBERING
from lienthong.profiles.vn.offices import OFFICE
from lienthong.profiles.vn.organs import organs_of_country
from lienthong.profiles.vn.urgency import URGENCIES


def _packets() -> PacketFormat:
    # Gateways load this profile without the extra that reading XML needs.
    from lienthong.profiles.vn.packets import PACKETS  # noqa: PLC0415 - see above

    return PACKETS


PROFILE: Final = Profile(
    name="vn",
    labels=LABELS,
    urgencies=URGENCIES,
    document_types=DOCUMENT_TYPES,
    numbering=NUMBERING,
    organs=organs_of_country,
    office=OFFICE,
    archives=ARCHIVES,
    packets=_packets,
)
"""What ``lienthong.profiles.load("vn")`` returns."""
