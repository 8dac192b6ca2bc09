"""The life as data: complete, reachable, and every code of the format told by something."""

from lienthong.office.documents.states import CODES, DEEDS, Deed, Part, State

_BEGINNINGS = {State.DRAFT, State.ARRIVED}


def test_every_deed_has_a_rule_and_somebody_who_may() -> None:
    assert set(DEEDS) == set(Deed)
    assert all(rule.parts and rule.states for rule in DEEDS.values())


def test_every_state_is_reached_and_only_ends_are_left_by_nothing() -> None:
    reached = set(_BEGINNINGS)
    while True:
        further = {rule.target for rule in DEEDS.values() if rule.target and rule.states & reached} - reached
        if not further:
            break
        reached |= further
    assert reached == set(State)
    left = {state for rule in DEEDS.values() if rule.target for state in rule.states}
    assert set(State) - left == {State.DISCARDED, State.REFUSED, State.RECALLED, State.REPLACED}


def test_the_codes_of_the_format_are_all_told() -> None:
    assert set(CODES) == {"01", "02", "03", "04", "05", "06", "13", "15", "16"}


def test_readers_may_do_nothing_but_remark() -> None:
    assert {deed for deed, rule in DEEDS.items() if Part.READER in rule.parts} == {Deed.COMMENT}
