"""How fast a document has to move, with the codes of edXML (QCVN 102:2016, ``OtherInfo/Priority``)."""

from typing import Final

from lienthong.profiles.base import Names, Urgency

URGENCIES: Final = (
    Urgency(
        slug="ordinary",
        names=Names(vi="Thường", en="Ordinary", de="Normal"),
        order=0,
        edxml_code=0,
    ),
    Urgency(
        slug="urgent",
        names=Names(vi="Khẩn", en="Urgent", de="Eilig"),
        order=1,
        edxml_code=1,
    ),
    Urgency(
        slug="very-urgent",
        names=Names(vi="Thượng khẩn", en="Very urgent", de="Sehr eilig"),
        order=2,
        edxml_code=2,
    ),
    Urgency(
        slug="immediate",
        names=Names(vi="Hỏa tốc", en="Immediate", de="Sofort"),
        order=3,
        edxml_code=3,
    ),
    Urgency(
        slug="immediate-timed",
        names=Names(vi="Hỏa tốc hẹn giờ", en="Immediate, at a set time", de="Sofort, zu fester Stunde"),
        order=4,
        edxml_code=4,
        timed=True,
    ),
)
"""From ordinary to most urgent."""
