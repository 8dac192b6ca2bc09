"""What a new source folder begins with is in order."""

from lienthong.directory.samples import profile_source, sample_source
from lienthong.kernel.identifiers import ServiceId
from lienthong.profiles import load


def test_the_example_is_in_order() -> None:
    source = sample_source("EE")
    source.check()
    assert source.instance.instance == "EE"
    (service,) = source.branches["centre"].organs[0].services
    assert str(ServiceId("EE", "PARTY", "CENTRE", service.subsystem, service.code)) == "EE/PARTY/CENTRE/registry/lookup"
    assert source.branches["north"].organs[0].parent == "EE/PARTY/CENTRE"


def test_a_profile_brings_its_organs() -> None:
    specs = load("vn").organs()
    source = profile_source("vn", specs)
    source.check()
    organs = [organ for branch in source.branches.values() for organ in branch.organs]
    assert len(organs) == len(specs) > 3300
    assert {organ.id for organ in organs} == {str(spec.id) for spec in specs}
    assert all(organ.site == organ.token for organ in organs)
