"""What the tests of lists share."""

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def _english(settings: Settings) -> None:
    """Whoever has chosen no language reads English, so that texts can be looked for as they stand in the code."""
    settings.LANGUAGE_CODE = "en"
