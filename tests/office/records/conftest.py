"""What the tests of work files share."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau
    from tests.office.people import House


@pytest.fixture
def bureau(house: "House") -> "Bureau":
    """A house whose province works on documents."""
    from tests.office.documents.bureau import open_bureau  # noqa: PLC0415 - needs Django set up

    return open_bureau(house)


@pytest.fixture
def lasting_bureau(lasting_house: "House") -> "Bureau":
    """The same for tests with several connections: really committed."""
    from tests.office.documents.bureau import open_bureau  # noqa: PLC0415 - needs Django set up

    return open_bureau(lasting_house)
