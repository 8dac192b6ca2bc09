"""Who takes part in the demo."""

import tomllib
from collections import Counter

import pytest

from lienthong.cli.demo import country
from lienthong.cli.demo.country import CENTRE_SITE, OrgansInvalid
from lienthong.kernel.labels import Level


def test_whole_country() -> None:
    plan = country.plan(None, 2)
    assert len(plan.organs) == 1 + 34 + 3321
    assert len(plan.branches) == 1 + 34
    assert [site.code for site in plan.sites] == [CENTRE_SITE, "site-1", "site-2"]
    assert len({organ.token for organ in plan.organs}) == len({organ.id for organ in plan.organs}) == len(plan.organs)
    # Whoever receives the directive may handle it.
    assert all(organ.ceiling.level >= Level.CONFIDENTIAL for organ in plan.organs)


def test_centre_comes_first_and_each_province_before_its_communes() -> None:
    centre, *below = country.plan(None, 2).organs
    assert (centre.parent, centre.site) == (None, CENTRE_SITE)
    known = {centre.id}
    for organ in below:
        assert organ.parent in known
        known.add(organ.id)


def test_provinces_stay_whole_and_are_spread_evenly() -> None:
    plan = country.plan(None, 3)
    sites = {organ.branch: organ.site for organ in plan.organs}
    assert all(sites[organ.branch] == organ.site for organ in plan.organs)
    load = Counter(organ.site for organ in plan.organs[1:])
    assert set(load) == {"site-1", "site-2", "site-3"}
    assert max(load.values()) - min(load.values()) < max(Counter(organ.branch for organ in plan.organs).values())


def test_fewer_organs_are_those_of_the_first_provinces() -> None:
    plan = country.plan(12, 2)
    assert len(plan.organs) == 13
    assert {organ.branch for organ in plan.organs[1:]} == {"01"}
    assert set(plan.branches) == {plan.organs[0].branch, "01"}
    # One province, one gateway, however many were asked for.
    assert [site.code for site in plan.sites] == [CENTRE_SITE, "site-1"]


@pytest.mark.parametrize("organs", [-1, 0, 3356])
def test_number_of_organs_that_cannot_be(organs: int) -> None:
    with pytest.raises(OrgansInvalid, match=f"{organs} of 3355"):
        country.plan(organs, 2)


def test_first_province_lets_the_centre_look_up_single_units() -> None:
    plan = country.plan(3, 1)
    client, service = country.office_of_centre(plan), country.register_of_units(plan)
    centre, province, *communes = plan.organs
    assert (client.organ, service.organ) == (centre.id, province.id)
    assert client.subsystem in {subsystem.code for subsystem in centre.subsystems}
    assert service.subsystem in {subsystem.code for subsystem in province.subsystems}
    ((only,),) = [province.services]
    (grant,) = only.grants
    assert (grant.to, grant.methods, grant.path) == (str(client), ("GET",), "/*")
    assert not any(organ.services or organ.topics for organ in [centre, *communes])
    topic = country.changes_of_units(plan)
    ((described,),) = [province.topics]
    assert (topic.owner, topic.topic) == (service.provider, described.code)
    assert [grant.to for grant in described.grants] == [str(client)]


def test_every_organ_has_an_office_up_to_its_own_ceiling() -> None:
    plan = country.plan(40, 2)
    for organ in plan.organs:
        (office,) = [system for system in organ.subsystems if system.code == country.OFFICE]
        assert office.ceiling == str(organ.ceiling)


def test_the_office_is_told_which_gateway_serves_whom() -> None:
    plan = country.plan(200, 2)
    urls = {site.code: f"http://127.0.0.1:{number}" for number, site in enumerate(plan.sites, start=1)}
    told = tomllib.loads(country.gateways(plan, urls))
    assert told["system"] == country.OFFICE
    served = {organ: gateway["url"] for gateway in told["gateway"] for organ in gateway["organs"]}
    assert served == {str(organ.id): urls[organ.site] for organ in plan.organs}
    assert sum(len(gateway["organs"]) for gateway in told["gateway"]) == len(plan.organs)
