"""What the tests of packets share."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau
    from tests.office.documents.packets.partners import Partners


@pytest.fixture
def partners(bureau: "Bureau") -> "Partners":
    """The province under an agency code, and an organ without this office."""
    from tests.office.documents.packets.partners import open_partners  # noqa: PLC0415 - needs Django set up

    return open_partners(bureau)
