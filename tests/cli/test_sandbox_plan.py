"""Who lives where in a sandbox."""

import re
from copy import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.cli.sandbox_config import SandboxConfig, SandboxService
from lienthong.cli.sandbox_plan import CONSUMER, PROVIDER, descriptions_at, plan_of, services_at, token_of
from lienthong.kernel.identifiers import OrganId, ServiceId, SubsystemId

BOTH = OrganId("VN", "PARTY", "A01")
OTHER = OrganId("VN", "STATE", "G22")


def _config() -> SandboxConfig:
    services = [ServiceId("VN", "PARTY", "A01", "P", "one"), ServiceId("VN", "STATE", "G22", "P", "two")]
    return SandboxConfig(
        instance="VN",
        consumers=(SubsystemId("VN", "PARTY", "A01", "C"), BOTH),
        providers=(SubsystemId("VN", "PARTY", "A01", "P"), SubsystemId("VN", "STATE", "G22", "P")),
        services=tuple(
            SandboxService(id=id_, type="REST", url=f"http://{id_.service}", grants=None) for id_ in services
        ),
    )


def test_member_that_is_both_lives_once_at_the_consumer_s() -> None:
    plan = plan_of(_config())
    assert {organ.id: organ.site for organ in plan.organs} == {BOTH: CONSUMER, OTHER: PROVIDER}
    assert [subsystem.code for subsystem in plan.organs[0].subsystems] == ["C", "P"]


def test_services_stand_behind_their_member_s_gateway() -> None:
    config = _config()
    assert [url for site in (CONSUMER, PROVIDER) for url in services_at(site, config).values()] == [
        "http://one",
        "http://two",
    ]
    assert list(services_at(PROVIDER, config)) == [ServiceId("VN", "STATE", "G22", "P", "two")]


def test_descriptions_stand_beside_their_services() -> None:
    first, second = _config().services
    config = replace(_config(), services=(replace(first, openapi="http://one/api"), second))
    assert descriptions_at(CONSUMER, config) == {first.id: "http://one/api"}
    assert descriptions_at(PROVIDER, config) == {}


def test_services_are_granted_to_the_consumers_unless_said_otherwise() -> None:
    plan = plan_of(_config())
    assert plan.groups == {"consumers": ("VN/PARTY/A01/C", "VN/PARTY/A01")}
    assert [grant.to for organ in plan.organs for service in organ.services for grant in service.grants] == [
        "group:consumers",
        "group:consumers",
    ]


@given(member=st.text(min_size=1, max_size=255), other=st.text(min_size=1, max_size=255))
def test_words_on_the_carrier_are_words_and_one_s_own(member: str, other: str) -> None:
    first, second = (token_of(OrganId("VN", "A", each)) for each in (member, other))
    assert re.fullmatch(r"[a-z0-9-]{1,32}", first)
    assert (first == second) == (member == other)


@pytest.mark.parametrize(("member", "readable"), [("G22", "g22-"), ("Sở Y tế", "so-y-te-"), ("東京", "")])
def test_words_are_readable_where_they_can_be(member: str, readable: str) -> None:
    assert re.fullmatch(rf"{readable}[0-9a-f]{{10}}", token_of(OrganId("VN", "A", member)))
