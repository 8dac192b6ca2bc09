"""Ids: of version 7, never the same, and in the order in which they were made; and UUIDs as ``uuid`` has them."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel.ids import id_of, new_id, new_random_text, text_of


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


def test_no_two_threads_make_the_same() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: new_id().int, range(20_000)))
    assert len(set(made)) == len(made)


def test_a_process_that_splits_off_makes_others() -> None:
    # In an interpreter of its own, for this one has threads, which must not be left behind.
    code = "import os; from lienthong.kernel.ids import new_random_text; new_random_text(); os.fork();"
    code += "os.write(1, new_random_text().encode())"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert len({made[:36], made[36:72]}) == 2


def test_they_sort_by_time() -> None:
    first = new_id()
    time.sleep(0.002)
    assert first < new_id()


@given(st.binary(min_size=16, max_size=16))
def test_a_uuid_is_made_and_written_as_by_its_own_class(data: bytes) -> None:
    made, expected = id_of(data), UUID(bytes=data)
    assert made == expected
    assert hash(made) == hash(expected)
    assert (made.bytes, made.is_safe, repr(made)) == (data, expected.is_safe, repr(expected))
    assert text_of(made) == str(expected)
    assert deepcopy(made) == expected


def test_random_text_is_that_of_a_uuid_of_version_4() -> None:
    texts = [new_random_text() for _ in range(2000)]
    assert len(set(texts)) == len(texts)
    ones = zeros = 0
    for made in map(UUID, texts):
        assert (made.version, made.variant) == (4, RFC_4122)
        ones |= made.int
        zeros |= ~made.int
    random = (1 << 128) - 1 & ~(15 << 76) & ~(3 << 62)
    assert ones & zeros & random == random
    assert all(str(UUID(text)) == text for text in texts)
