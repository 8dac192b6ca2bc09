"""The published description, and the API against it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from openapi_spec_validator import validate
from schemathesis.specs.openapi.checks import positive_data_acceptance

from lienthong.office.api import limits
from lienthong.office.api.root import document
from lienthong.office.core import scope
from tests.office.api.programs import Programs
from tools.generate_office_openapi import PATH

_FAR = 8_000_000_000_000


def test_the_description_is_the_one_that_is_published(house: Any) -> None:  # noqa: ANN401 - only its effect
    from django.test import Client  # noqa: PLC0415 - beside its use

    assert document() == PATH.read_bytes(), "run tools/generate_office_openapi.py, and look at what changed"
    answer = Client().get("/api/v1/openapi.json")
    assert answer.content == document()
    assert set(answer["Cache-Control"].split(", ")) == {"max-age=300", "public"}


def test_the_description_is_openapi() -> None:
    described = json.loads(document())
    assert described["openapi"].startswith("3.1.")
    validate(described)
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["security"], (path, method)
            assert {"401", "403", "404", "429"} <= operation["responses"].keys(), (path, method)
            assert operation["summary"], (path, method)


@pytest.fixture
def api_schema(programs: Programs, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Any]:  # noqa: ANN401 - neither has a name for its type
    settings.ALLOWED_HOSTS = ["localhost"]
    # The test's own transaction goes on through all requests, as with Django's client.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    monkeypatch.setattr(limits, "LIMITS", dict.fromkeys(limits.LIMITS, 10**9))
    program = programs.of("leader")
    assert program.token is not None
    with scope.system(), connection.cursor() as cursor:
        # Small numbers are tried first, and the token shall not withdraw itself.
        cursor.execute("UPDATE accounts_token SET id = %s WHERE id = %s", [_FAR, program.token.pk])
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    # What reads the answers here knows no compression, though it says so.
    schema.config.headers = {"Authorization": f"Bearer {program.secret}", "Accept-Encoding": "identity"}
    yield schema
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert scope.current() == scope.NONE


def test_every_endpoint_keeps_what_the_description_promises(api_schema: Any) -> None:  # noqa: ANN401 - as above
    operations = [found.ok() for found in api_schema.get_all_operations()]
    assert len(operations) >= 12
    for operation in operations:

        @bounds(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy())
        def keeps(case: schemathesis.Case[Any]) -> None:
            # A day of long ago or a made-up cursor is well formed, and still refused with 422.
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        keeps()
