"""A mailbox page by page: places survive being written down, and nothing else passes for one."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.errors import RequestInvalid
from lienthong.exchange.mail import paging
from lienthong.exchange.mail.paging import Place, page
from lienthong.kernel.labels import Label
from tests.support.carriers import eventually
from tests.support.gateways import COMMUNE, World


@given(st.builds(Place, st.integers(0, 2**53), st.integers(0, 2**53)))
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    assert Place.parse(str(place)) == place


@given(st.text(max_size=200))
def test_any_other_text_is_refused(text: str) -> None:
    with contextlib.suppress(RequestInvalid):
        assert isinstance(Place.parse(text).place, int)


async def test_what_a_reader_may_not_handle_costs_no_page(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "_ROWS", 2)
    sender = country.running["tw"].sender
    for label in ("confidential", "confidential", "internal", "confidential", "internal"):
        await sender.send(country.draft(COMMUNE, label=Label.parse(label)))
        country.clock.advance(1)
    await eventually(lambda: len(country.arrivals) == 5)
    journal = country.running["p1"].node.journal
    found = page(journal, str(COMMUNE), ceiling=Label.parse("internal"), limit=10)
    assert [item.label for item, _ in found] == ["internal", "internal"]
    assert len(page(journal, str(COMMUNE), ceiling=Label.parse("internal"), limit=1)) == 1
    assert len(page(journal, str(COMMUNE), ceiling=Label.parse("confidential"), limit=10)) == 5
