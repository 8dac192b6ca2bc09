"""All parts of pages on one page."""

import pytest
from django.test import Client

from tests.support.officials import client_of, make_official, make_organ

pytestmark = pytest.mark.django_db


def test_operators_see_it() -> None:
    response = client_of(make_official(make_organ(), 1, operator=True)).get("/styleguide/")
    assert response.status_code == 200
    page = response.content.decode()
    for part in ("label-top-secret", "abilities", 'class="history"', 'class="tree"', "data-error-summary", "<dialog"):
        assert part in page


def test_others_do_not() -> None:
    assert Client().get("/styleguide/").status_code == 302
    assert client_of(make_official(make_organ(), 1)).get("/styleguide/").status_code == 403
