"""The fuzzing targets without a fuzzer: over the kept corpus, and over mutations, the same ones in every CI run."""

import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.target import DefectError, Target, check_text
from tests.fuzz.targets import TARGETS
from tools.fuzz import CORPUS

MEBIBYTE = 1 << 20
MEMORY = 64 * MEBIBYTE
SECONDS = 2.0
FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file())
INPUTS = {name: [path.read_bytes() for path in FILES if path.parent.name == name] for name in TARGETS}
# Where the numbers of a format end, and bytes that mean something in one of them.
_NOTED = [b"\0", b"\xff", b"\x7f", b"\x80", b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", b"\r\n", b"%2e", b"/", b"..", b";"]


def test_every_target_has_a_corpus_and_every_file_a_target() -> None:
    assert {path.parent.name for path in FILES} == set(TARGETS)
    assert max(path.stat().st_size for path in FILES) <= MEBIBYTE // 16


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_takes_something(name: str) -> None:
    # A target that refuses all it is fed tests nothing but its first line.
    assert any(TARGETS[name].feed(data) for data in INPUTS[name])


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_kept_is_taken_or_refused_within_bounds(path: Path) -> None:
    data, target = path.read_bytes(), TARGETS[path.parent.name]
    target.feed(data)
    tracemalloc.start()
    try:
        begun = time.process_time()
        target.feed(data)
        taken = time.process_time() - begun
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY
    assert taken < SECONDS


@st.composite
def mutated(draw: st.DrawFn, inputs: list[bytes]) -> bytes:
    """Something kept with a few pieces changed, left out, repeated, or taken from another."""
    data = draw(st.sampled_from(inputs))
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(data)))
        end = draw(st.integers(begin, min(len(data), begin + 64)))
        match draw(st.integers(0, 6)):
            case 0:
                piece = b""
            case 1:
                piece = data[begin:end] * 2
            case 2:
                piece = draw(st.binary(max_size=8))
            case 3:
                piece = draw(st.sampled_from(_NOTED))
            case 4:
                other = draw(st.sampled_from(inputs))
                at = draw(st.integers(0, len(other)))
                piece = other[at : at + 64]
            case 5 if begin < len(data):
                end = begin + 1
                piece = bytes((data[begin] ^ (1 << draw(st.integers(0, 7))),))
            case _:
                end, piece = len(data), b""
        data = data[:begin] + piece + data[end:]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_made_of_it_is_taken_or_refused(name: str) -> None:
    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(data=mutated(INPUTS[name]))
    def fed(data: bytes) -> None:
        TARGETS[name].feed(data)

    fed()


def test_a_refusal_that_would_harm_the_log_is_a_defect() -> None:
    for text in ("a\nforged line", "x" * 5000, "\x1b[2J"):
        with pytest.raises(DefectError):
            check_text(text)


def test_whatever_is_no_refusal_is_a_defect() -> None:
    def fails(_: bytes) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        Target(name="broken", run=fails, refusals=(ValueError,)).feed(b"")
