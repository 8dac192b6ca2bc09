"""A running gateway is asked for all that its description allows, and more: it never fails, and answers as said."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lienthong.exchange.rest.v1.app import document
from lienthong.exchange.rest.v1.uploads import PIECE
from tests.support.sandbox import CONSUMER, Sandbox, sandbox

schemathesis.serializer.alias(PIECE, "application/octet-stream")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# A stream has no end, and what waits for a minute is tried elsewhere.
SCHEMA = schemathesis.openapi.from_dict(json.loads(document())).exclude(path="/v1/events")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_endpoint_answers_as_it_is_described(case: schemathesis.Case[Any], running: Sandbox) -> None:
    case.query.pop("wait", None)
    answer = case.call(base_url=running.url, headers={"X-Road-Client": CONSUMER}, timeout=30)
    # What is larger than the web server takes does not come to an endpoint.
    if answer.status_code not in {414, 431}:
        case.validate_response(answer, checks=CHECKS)
