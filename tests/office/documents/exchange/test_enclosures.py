"""Files as they leave: read from anywhere on, as often as a connection that breaks needs it."""

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.office.core import scope
from lienthong.office.documents.exchange.enclosures import enclosed, opened

if TYPE_CHECKING:
    from tests.office.documents.exchange.posts import Posts

_DATA = bytes(range(256)) * 800


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.tuples(st.integers(0, len(_DATA)), st.integers(0, 90_000)), max_size=4))
def test_any_part_is_what_was_kept(posts: "Posts", steps: list[tuple[int, int]]) -> None:
    with scope.system():
        if not posts.leaving:
            posts.leaving = [("a.bin", _DATA)]
            posts.issued()
        from lienthong.office.documents.models import Document  # noqa: PLC0415 - needs Django set up

        (file,) = enclosed(Document.objects.filter(state="issued").latest("pk"))
        with opened(file) as reader:
            for start, length in steps:
                assert reader.seek(start) == start
                assert reader.read(length) == _DATA[start : start + length]
            reader.seek(0)
            assert reader.read() == _DATA
