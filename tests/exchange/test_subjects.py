"""Subjects: receiver first, and back again."""

from collections.abc import Callable
from copy import replace

import pytest

from lienthong.directory.model import Organ
from lienthong.exchange.errors import Malformed
from lienthong.exchange.subjects import Route, blob_prefix, blob_stream, call_subject, mail_stream, mail_subject
from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import INTERNAL

COMMUNE = Organ(
    id=OrganId("VN", "STATE", "H37"),
    token="h37",
    name="H37",
    branch="prov-37",
    site="site-37",
    ceiling=INTERNAL,
    active=True,
    parent=None,
    keys=(),
)
CENTRE = replace(COMMUNE, id=OrganId("VN", "PARTY", "A01"), token="a01", branch="centre", site="site-a")


def test_the_receiver_comes_first() -> None:
    assert call_subject(CENTRE, COMMUNE) == "rpc.prov-37.site-37.h37.centre.site-a.a01"
    assert mail_subject(CENTRE, COMMUNE) == "mail.prov-37.site-37.h37.centre.site-a.a01"


@pytest.mark.parametrize("made", [call_subject, mail_subject])
def test_a_subject_leads_back_to_both_ends(made: Callable[[Organ, Organ], str]) -> None:
    route = Route.parse(made(CENTRE, COMMUNE))
    assert (route.to_branch, route.to_site, route.to_organ) == ("prov-37", "site-37", "h37")
    assert (route.from_branch, route.from_site, route.from_organ) == ("centre", "site-a", "a01")


def test_streams_and_large_contents_belong_to_a_branch() -> None:
    assert mail_stream("prov-37") == "MAIL_prov-37"
    assert blob_stream("centre") == "BLOB_centre"
    assert blob_prefix(CENTRE, "0f0f") == "blob.centre.site-a.0f0f"


@pytest.mark.parametrize("subject", ["", "rpc", "rpc.a.b.c.d.e", "rpc.a.b.c.d.e.f.g", "x" * 100_000])
def test_another_number_of_parts_is_refused(subject: str) -> None:
    with pytest.raises(Malformed) as caught:
        Route.parse(subject)
    assert len(str(caught.value)) < 500
