"""What the tests of members share."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.office.members.registry import Registry
    from tests.office.people import House


@pytest.fixture
def registry(house: "House") -> "Registry":
    """A house with members, and stewards who answer for them."""
    from tests.office.members.registry import open_registry  # noqa: PLC0415 - needs Django set up

    return open_registry(house)
