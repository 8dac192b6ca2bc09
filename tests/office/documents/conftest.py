"""What the tests of documents share."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import override_settings

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau
    from tests.office.documents.keys import Authority
    from tests.office.people import House


@pytest.fixture(autouse=True)
def nothing_lately() -> None:
    """What other tests found of a file is forgotten."""
    from lienthong.office.documents.actions import looking  # noqa: PLC0415 - needs Django set up
    from lienthong.office.documents.contents import keeping  # noqa: PLC0415 - as above

    looking._lately.clear()
    keeping._lately.clear()


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


@pytest.fixture
def issuer(tmp_path: Path) -> "Iterator[Authority]":
    """An authority that is trusted, and a key of the province under it."""
    from lienthong.office.documents import signers  # noqa: PLC0415 - needs Django set up
    from tests.office.documents.keys import authority  # noqa: PLC0415 - as above

    made = authority()
    made.keep(tmp_path, "T.province", "Tỉnh 1")
    signers.trusted.cache_clear()
    with override_settings(LIENTHONG_SIGNERS=tmp_path):
        yield made
    signers.trusted.cache_clear()
