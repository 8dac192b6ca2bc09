"""The description of the face: kept in docs, valid, and complete."""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from lienthong.exchange.rest.v1.app import ENDPOINTS, document
from lienthong.exchange.rest.v1.problems import status_of
from tests.support.v1 import Faces


@pytest.fixture
def described() -> dict[str, Any]:
    return dict(json.loads(document()))


def test_the_description_in_docs_is_that_of_the_code(project: Path) -> None:
    assert (project / "docs/openapi.json").read_bytes() == document(), "run tools/generate_openapi.py"


def test_the_description_is_openapi(described: dict[str, Any]) -> None:
    validate(described, cls=OpenAPIV31SpecValidator)


async def test_the_description_is_served_to_whoever_asks(web: Faces) -> None:
    answer = await web.client(None).get("/v1/openapi.json")
    assert (answer.status_code, answer.content) == (200, document())
    assert answer.headers["content-type"] == "application/json"


def test_every_endpoint_is_described_under_a_name_of_its_own(described: dict[str, Any]) -> None:
    operations = [operation for methods in described["paths"].values() for operation in methods.values()]
    assert len(operations) == len(ENDPOINTS)
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"].endswith(".") for operation in operations)


def test_only_what_is_public_asks_for_no_caller(described: dict[str, Any]) -> None:
    public = {path for path, methods in described["paths"].items() for each in methods.values() if "security" in each}
    assert public == {"/v1/status", "/v1/openapi.json"}


def test_every_error_of_an_endpoint_is_in_its_answers(described: dict[str, Any]) -> None:
    for endpoint in ENDPOINTS:
        answers = described["paths"][endpoint.path][endpoint.method.lower()]["responses"]
        for error in endpoint.errors:
            assert error.code in answers[str(status_of(error))]["description"]


def test_parameters_are_where_they_belong(described: dict[str, Any]) -> None:
    parameters = described["paths"]["/v1/mailbox/{id}/contents/{n}"]["get"]["parameters"]
    assert [(each["name"], each["in"], each.get("required", False)) for each in parameters] == [
        ("id", "path", True),
        ("n", "path", True),
        ("sender", "query", False),
        ("Range", "header", False),
        ("If-Range", "header", False),
    ]
    assert "null" not in json.dumps(described["paths"]["/v1/mailbox"]["get"]["parameters"])
