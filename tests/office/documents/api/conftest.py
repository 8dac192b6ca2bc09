"""What the tests of the API of documents share."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.office.documents.api.desk import Desk
    from tests.office.documents.bureau import Bureau
    from tests.office.documents.exchange.posts import Posts


@pytest.fixture
def desk(bureau: "Bureau") -> "Desk":
    """Programs of everybody who works in the bureau."""
    from tests.office.documents.api.desk import Desk  # noqa: PLC0415 - needs Django set up

    return Desk(bureau=bureau)


@pytest.fixture
def posts(bureau: "Bureau") -> "Iterator[Posts]":
    """The province and a commune, between them an exchange in memory."""
    from tests.office.documents.exchange.posts import opened  # noqa: PLC0415 - needs Django set up

    with opened(bureau) as made:
        yield made
