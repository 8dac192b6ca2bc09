"""What the tests of sending and receiving share."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau
    from tests.office.documents.exchange.posts import Posts


@pytest.fixture
def posts(bureau: "Bureau") -> "Iterator[Posts]":
    """The province and a commune, between them an exchange in memory."""
    from tests.office.documents.exchange.posts import opened  # noqa: PLC0415 - needs Django set up

    with opened(bureau) as made:
        yield made
