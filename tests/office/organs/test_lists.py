"""The list of units: what the reader sees, and what an import understands of its export."""

import io
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate

from lienthong.office.core import scope
from lienthong.office.organs.imports.lines import Effect
from lienthong.office.organs.imports.units import understand
from lienthong.office.organs.models import Succession

if TYPE_CHECKING:
    from tests.office.people import House


def export(house: "House", key: str, kind: str = "csv") -> bytes:
    answer = house.client(key).get(f"/units/list/?export={kind}")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a file


@pytest.mark.parametrize("key", ["official", "administrator", "cleared", "unplaced"])
def test_rows_counts_facets_and_exports_tell_nothing_of_hidden_units(house: "House", key: str) -> None:
    seen = key == "cleared"
    client = house.client(key)
    assert (house.hidden.name in client.get("/units/list/").content.decode()) is seen
    assert (house.hidden.name in export(house, key).decode()) is seen
    answer = client.get("/units/list/?q=phong+co+yeu")
    assert (f"/units/{house.hidden.pk}/" in answer.content.decode()) is seen
    counts = client.get("/units/list/?facets=label").json()
    assert sum(map(int, counts.values())) == (11 if seen else 10), counts


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_is_understood_by_the_import(house: "House", kind: str) -> None:
    content = export(house, "above_administrator", kind)
    with scope.system():
        report = understand(house.actor("above_administrator"), io.BytesIO(content)).report
    assert [line.effect for line in report.lines] == [Effect.SAME] * 10


def test_what_is_to_be_settled_is_listed_for_those_who_may(house: "House") -> None:
    with scope.system():
        old = Succession.objects.create(
            old_code="00099", old_name="Xã Cũ", successor=house.organs["commune"], since=localdate(), needs_review=True
        )
    listing = {"administrator": True, "below_administrator": True, "outside_administrator": False, "official": False}
    for key, listed in listing.items():
        text = house.client(key).get("/units/successions/").content.decode()
        assert (f'href="/units/successions/{old.pk}/"' in text) is listed, key
    assert "Xã Cũ" in house.client("administrator").get("/units/successions/?q=00099").content.decode()
