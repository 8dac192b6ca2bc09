"""All parts of pages on one page."""

import pytest

from tests.office.people import KINDS, House

pytestmark = pytest.mark.django_db


def test_operators_see_it(house: House) -> None:
    response = house.client("operator").get("/styleguide/")
    assert response.status_code == 200
    page = response.content.decode()
    for part in ("label-top-secret", "abilities", 'class="history"', 'class="tree"', "data-error-summary", "<dialog"):
        assert part in page


def test_others_do_not(house: House) -> None:
    answers = {key: house.client(key).get("/styleguide/").status_code for key in KINDS}
    outside = {"anonymous", "invited", "suspended", "dismissed"}
    assert answers == {key: 302 if key in outside else 403 for key in KINDS} | {"operator": 200}
