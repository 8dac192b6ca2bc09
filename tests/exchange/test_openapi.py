"""Descriptions as they are handed out: no addresses, nothing else changed, and bad ones refused in time."""

import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.openapi import JSON, MAX_DESCRIPTION, YAML, DescriptionInvalid, anonymised

PETS = """\
# http://internal.example:9 is where it runs
openapi: 3.0.3
info:
  title: Thú nuôi
  version: 1.10
  x-since: 2020-01-01
servers:
- url: http://internal.example:9000/base
  description: behind the firewall
- url: http://internal.example:9001
paths:
  /pets:
    servers: [{url: "http://internal.example/2"}]
    get:
      servers:
      - {url: 'http://internal.example/3', variables: {a: {default: b}}}
      responses:
        '200':
          description: yes
          links:
            next:
              operationId: x
              server: {url: 'http://internal.example/4'}
components:
  schemas:
    Fleet:
      properties:
        servers: {type: array}
        server: {type: string}
      required: [servers]
"""
MARK = b"internal.example"


def walked(value: Any) -> Any:  # noqa: ANN401 - whatever YAML can be
    return yaml.load(value, Loader=yaml.BaseLoader)  # noqa: S506 - knows text, lists and maps only


def test_yaml_loses_its_addresses_and_nothing_else() -> None:
    made, media_type = anonymised(PETS.encode())
    assert media_type == YAML
    assert MARK not in made
    before, after = walked(PETS), walked(made)
    here = [{"url": "/"}]
    before["servers"] = before["paths"]["/pets"]["servers"] = before["paths"]["/pets"]["get"]["servers"] = here
    before["paths"]["/pets"]["get"]["responses"]["200"]["links"]["next"]["server"] = {"url": "/"}
    assert after == before
    # Read as YAML, values keep their types: the version is still the text that stood there.
    assert b"version: 1.10\n" in made
    assert b"x-since: 2020-01-01\n" in made
    assert "Thú nuôi".encode() in made


@pytest.mark.line("Metaservices: getOpenAPI")
def test_json_loses_its_addresses_and_nothing_else() -> None:
    document = yaml.safe_load(PETS)
    document["info"]["x-since"] = "2020"
    made, media_type = anonymised(json.dumps(document).encode())
    assert media_type == JSON
    assert MARK not in made
    after = json.loads(made)
    assert after["servers"] == after["paths"]["/pets"]["servers"] == [{"url": "/"}]
    assert after["components"] == document["components"]
    assert after["info"] == document["info"]


@pytest.mark.parametrize(
    "text",
    [
        "x-all: &all\n- url: http://internal.example\nopenapi: 3.0.0\nservers: *all\n",
        "x-one: &one {url: 'http://internal.example'}\nopenapi: 3.0.0\nservers: [*one]\n",
        "openapi: 3.0.0\nx-base: &base\n  servers: [{url: 'http://internal.example'}]\npaths: {/a: {<<: *base}}\n",
        "openapi: 3.0.0\nservers: [{url: a}]\nservers: [{url: 'http://internal.example'}]\n",
        "openapi: 3.0.0\nservers:\n- url: 'http://internal.example'\n- nothing\n",
        "openapi: 3.0.0 # http://internal.example\n",
    ],
)
def test_no_way_around_keeps_an_address(text: str) -> None:
    made, _ = anonymised(text.encode())
    assert MARK not in made
    yaml.safe_load(made)


def test_json_with_a_name_twice_keeps_no_address() -> None:
    made, _ = anonymised(
        b'{"openapi": "3", "servers": [{"url": "http://internal.example"}], "servers": [{"url": "x"}]}'
    )
    assert json.loads(made) == {"openapi": "3", "servers": [{"url": "/"}]}


BOMB = "openapi: 3.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (BOMB.encode(), "more than 500000 values"),
        (b"openapi: 3.0.0\na: &a [*a]\n", "an alias to what it is part of"),
        (b"openapi: 3.0.0\na: &a {b: *a}\n", "an alias to what it is part of"),
        (b"openapi: 3.0.0\na: !!python/object/apply:os.system [id]\n", "the tag"),
        (b"openapi: 3.0.0\na: !other x\n", "the tag !other"),
        (b"openapi: 3.0.0\na: " + b"[" * 5000, "nested too deeply"),
        (b'{"openapi": ' + b"[" * 500_000, "nested too deeply"),
        (b" " * (MAX_DESCRIPTION + 1), "are allowed"),
        (b"", "no OpenAPI document"),
        (b"- openapi", "no OpenAPI document"),
        (b"swagger: '2.0'", "no OpenAPI document"),
        (b'{"swagger": "2.0"}', "no OpenAPI document"),
        (b'{"openapi": "3"', "delimiter"),
        (b"openapi: 3\n---\nopenapi: 3\n", "single document"),
        (b"openapi: [", "while parsing"),
        (b"openapi: \xff", "decode"),
        (b"<html></html>", "no OpenAPI document"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,
)
def test_what_is_not_one_is_refused_in_time(data: bytes, says: str) -> None:
    begun = time.monotonic()
    with pytest.raises(DescriptionInvalid, match=says):
        anonymised(data)
    assert time.monotonic() - begun < 10


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_or_handed_out(data: bytes) -> None:
    try:
        made, _ = anonymised(data)
    except DescriptionInvalid:
        return
    yaml.safe_load(made)


TREES = st.recursive(
    st.text("abc", max_size=3) | st.booleans() | st.integers(-9, 9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["servers", "server", "url", "a"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["servers", "server", "paths"]), TREES, max_size=3))
def test_both_forms_hide_the_same(tree: dict[str, Any]) -> None:
    document = {"openapi": "3.1.0", **tree}
    as_json = json.loads(anonymised(json.dumps(document).encode())[0])
    as_yaml = yaml.safe_load(anonymised(yaml.safe_dump(document).encode())[0])
    assert as_yaml == as_json
