"""Ids: of version 7, never the same, and in the order in which they were made."""

import time

from lienthong.kernel.ids import new_id


def test_they_are_uuids_of_version_7() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_no_two_are_the_same_and_every_random_bit_is_used() -> None:
    made = [new_id().int for _ in range(2000)]
    assert len(set(made)) == len(made)
    ones = zeros = 0
    for number in made:
        ones |= number
        zeros |= ~number
    random = (((1 << 12) - 1) << 64) | ((1 << 62) - 1)
    assert ones & zeros & random == random


def test_they_sort_by_time() -> None:
    first = new_id()
    time.sleep(0.002)
    assert first < new_id()
