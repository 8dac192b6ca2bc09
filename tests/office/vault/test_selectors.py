"""Reading files: any part, verified, by whoever has the row's word and the organ's key."""

from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from lienthong.office.core import scope
from lienthong.office.core.errors import NotFound
from lienthong.office.vault.models import Blob
from lienthong.office.vault.selectors import facts, read
from lienthong.trust.errors import StoredInvalid
from tests.office.people import House
from tests.office.vault.boxes import content, keep, place_of, whole


def test_every_part_is_the_same_as_of_the_content(house: House, files: Path) -> None:
    data = content(300_000)
    blob = keep(house.organs["province"], data)

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(start=st.integers(0, len(data)), length=st.integers(0, len(data)))
    def same(start: int, length: int) -> None:
        end = min(len(data), start + length)
        assert b"".join(read(blob.pk, start, end)) == data[start:end]
        assert b"".join(read(blob.pk, start)) == data[start:]

    same()


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 11), (11, None)])
def test_a_part_that_is_none_is_refused_before_anything_is_sent(
    house: House, files: Path, start: int, end: int | None
) -> None:
    blob = keep(house.organs["province"], content(10))
    with pytest.raises(ValueError, match="of 10"):
        read(blob.pk, start, end)


def test_facts_tell_size_and_digest(house: House, files: Path) -> None:
    blob = keep(house.organs["province"], b"abc")
    assert facts(blob.pk).size == 3
    assert facts(blob.pk).sha256.hex().startswith("ba7816bf")
    assert not facts(blob.pk).shredded


def test_what_never_was_is_not_found(house: House, files: Path) -> None:
    with pytest.raises(NotFound):
        read(uuid4())
    with pytest.raises(NotFound):
        facts(uuid4())


@pytest.mark.parametrize("harm", ["turn", "cut", "append", "remove", "swap"])
def test_objects_that_were_altered_are_noticed(house: House, files: Path, harm: str) -> None:
    blob, other = (keep(house.organs["province"], content(200_000)) for _ in range(2))
    path = place_of(files, blob)
    data = bytearray(path.read_bytes())
    match harm:
        case "turn":
            data[-20] ^= 1
        case "cut":
            del data[-65_552:]
        case "append":
            data += b"x"
        case "swap":
            data = bytearray(place_of(files, other).read_bytes())
        case _:
            path.unlink()
    if harm != "remove":
        path.write_bytes(data)
    with pytest.raises(StoredInvalid):
        whole(blob)
    assert whole(other) == content(200_000)


@pytest.mark.parametrize("field", ["size", "sha256", "wrapped_key", "id"])
def test_rows_that_were_altered_open_nothing(house: House, files: Path, field: str) -> None:
    """Whoever writes in the database cannot shorten a file, or put another one in its place."""
    blob, other = keep(house.organs["province"], b"mine"), keep(house.organs["province"], b"other")
    with scope.system():
        if field == "id":
            Blob.objects.filter(pk=other.pk).delete()
            Blob.objects.filter(pk=blob.pk).update(id=other.pk)
            blob.pk = other.pk
        else:
            value = {"size": 3, "sha256": bytes(32), "wrapped_key": other.wrapped_key}[field]
            Blob.objects.filter(pk=blob.pk).update(**{field: value})
    with pytest.raises(StoredInvalid):
        read(blob.pk)


def test_a_file_costs_one_query(house: House, files: Path, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    blob = keep(house.organs["province"], b"abc")
    with scope.system(), django_assert_num_queries(1):
        pieces = read(blob.pk)
    assert b"".join(pieces) == b"abc"
