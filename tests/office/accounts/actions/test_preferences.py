"""What a person chooses for their own account."""

from lienthong.office.accounts.actions.preferences import choose_language
from lienthong.office.core import scope
from tests.office.people import House


def test_one_chooses_for_oneself_only(house: House) -> None:
    actor = house.actor("official")
    with scope.act_for(actor):
        choose_language(actor=actor, language="de")
    assert (house.person("official").language, house.person("colleague").language) == ("de", "en")
