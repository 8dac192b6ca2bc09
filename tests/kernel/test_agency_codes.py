"""Agency codes: both orders come down to one, and what could be either is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel.agency_codes import canonical, older_form
from lienthong.kernel.errors import AgencyCodeInvalid

LEVEL_1 = st.from_regex(r"[A-Z][0-9]{2}\Z", fullmatch=True)
GROUPS = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=5)
LOWER = GROUPS.filter(lambda group: group.strip("0") != "")
CODES = st.builds(lambda first, rest: ".".join([first, *rest]), LEVEL_1, st.lists(LOWER, max_size=3))


@pytest.mark.parametrize(
    ("code", "one"),
    [
        ("H37.DN.001", "H37.DN.001"),
        ("000.00.00.H49", "H49"),
        ("000.00.01.H49", "H49.01"),
        ("001.02.H49", "H49.02.001"),
        ("H49", "H49"),
        ("A01.B02", "A01.B02"),
        ("H37.00.001", "H37.001"),
        ("H37.000", "H37"),
        ("00.12", "12"),
    ],
)
def test_both_orders_come_down_to_one(code: str, one: str) -> None:
    assert canonical(code) == one


@given(code=CODES)
def test_the_canonical_form_is_its_own(code: str) -> None:
    assert canonical(code) == code


@given(code=CODES)
def test_the_older_form_leads_back(code: str) -> None:
    older = older_form(code, groups=5)
    if len(older) <= 35:
        assert canonical(older) == code
        assert older_form(older, groups=5) == older


@given(code=st.lists(GROUPS, min_size=1, max_size=6).map(".".join))
def test_whatever_is_accepted_stays_as_it_is(code: str) -> None:
    try:
        one = canonical(code)
    except AgencyCodeInvalid:
        return
    assert canonical(one) == one
    assert "" not in one.split(".")


@pytest.mark.parametrize("code", ["00.B02.A", "A.B02.00", "000.H49.DN.00"])
def test_an_order_that_contradicts_itself_is_refused(code: str) -> None:
    with pytest.raises(AgencyCodeInvalid, match="level 1 first"):
        canonical(code)


@pytest.mark.parametrize(
    "code", ["", ".", "H37.", ".H37", "H37..01", "h37", "H37/01", "H37 ", "H37\n", "Đ37", "H3\uff17", "A" * 36]
)
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(AgencyCodeInvalid):
        canonical(code)


@pytest.mark.parametrize("code", ["0", "000.00", "00.00.00.000"])
def test_a_code_of_zeros_only_is_refused(code: str) -> None:
    with pytest.raises(AgencyCodeInvalid, match="zero groups only"):
        canonical(code)


def test_the_older_form_has_zero_groups_in_front() -> None:
    assert older_form("H49") == "000.00.00.H49"
    assert older_form("H37.DN.001") == "000.001.DN.H37"
    assert older_form("H49", groups=1) == "H49"


def test_more_groups_than_the_older_form_has_are_refused() -> None:
    with pytest.raises(AgencyCodeInvalid, match="more than 2 groups"):
        older_form("H37.DN.001", groups=2)


def test_a_long_code_is_refused_with_a_short_message() -> None:
    with pytest.raises(AgencyCodeInvalid) as caught:
        canonical("A" * 1_000_000)
    assert len(str(caught.value)) < 300
