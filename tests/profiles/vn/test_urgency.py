"""Urgency rises step by step, with the codes of edXML."""

from lienthong.profiles.vn.urgency import URGENCIES


def test_urgency_rises_and_carries_the_codes_of_edxml() -> None:
    assert [(urgency.names.vi, urgency.order, urgency.edxml_code) for urgency in URGENCIES] == [
        ("Thường", 0, 0),
        ("Khẩn", 1, 1),
        ("Thượng khẩn", 2, 2),
        ("Hỏa tốc", 3, 3),
        ("Hỏa tốc hẹn giờ", 4, 4),
    ]


def test_only_the_highest_carries_a_time() -> None:
    assert [urgency.slug for urgency in URGENCIES if urgency.timed] == ["immediate-timed"]
    assert len({urgency.slug for urgency in URGENCIES}) == 5
