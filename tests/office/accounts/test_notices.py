"""What persons are told of substitutions, until these end."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils.timezone import localdate, now
from django.utils.translation import override

from lienthong.kernel.labels import Level
from lienthong.office.accounts.actions.substitutions import end_substitution, substitute
from lienthong.office.accounts.models import Substitution
from lienthong.office.core import scope
from lienthong.office.core.notifications.mailing import send_due
from lienthong.office.core.notifications.selectors import recent
from lienthong.office.organs.models import Unit
from tests.office.people import House, clear

TODAY = localdate()


def _substitute(house: House, by: str) -> Substitution:
    actor = house.actor(by)
    with scope.act_for(actor):
        return substitute(
            actor=actor,
            appointment_id=house.appointment("official").pk,
            substitute_id=house.persons["colleague"].pk,
            valid_from=TODAY,
            valid_to=TODAY + timedelta(days=5),
        )


def _told(house: House, key: str) -> list[str]:
    actor = house.actor(key)
    with scope.act_for(actor), override("en"):
        return [note.text for note in recent(actor)]


@pytest.mark.parametrize(("by", "both"), [("official", False), ("administrator", True)])
def test_both_are_told_but_for_whoever_did_it(house: House, by: str, *, both: bool) -> None:
    _substitute(house, by)
    official, position = house.persons["official"].name, house.positions["official"].title
    (text,) = _told(house, "colleague")
    assert text.startswith(f"You act for {official} ({position}) from ")
    # Up to and with the last day.
    with override("en"):
        assert f"{(TODAY + timedelta(days=4)).day}" in text.rpartition(" to ")[2]
    assert (len(_told(house, "official")) == 1) is both
    assert _told(house, "administrator") == []


def test_nobody_is_told_of_a_substitution_that_has_ended(house: House) -> None:
    made = _substitute(house, "administrator")
    actor = house.actor("administrator")
    with scope.act_for(actor):
        end_substitution(actor=actor, substitution_id=made.pk)
    assert _told(house, "colleague") == _told(house, "official") == []
    assert send_due(now() + timedelta(hours=1)) == 0


def test_a_mail_does_not_tell_of_positions_in_hidden_units(house: House) -> None:
    with scope.system():
        Unit.objects.filter(pk=house.departments["province"].pk).update(label=Level.SECRET)
        clear(house.persons["administrator"], Level.SECRET, by=house.persons["security"])
    _substitute(house, "administrator")
    assert send_due(now() + timedelta(hours=1)) == 2
    for message in mail.outbox:
        assert house.positions["official"].title not in str(message.body)
        assert "1 more" in str(message.body)


def test_the_home_page_shows_what_is_unread(house: House) -> None:
    _substitute(house, "official")
    client = house.client("colleague")

    def news() -> str:
        page = client.get("/").content.decode()
        return page.partition('id="card-news"')[2].partition("</section>")[0]

    assert house.persons["official"].name in news()
    client.post("/notifications/read", {"up_to": str(10**17)})
    assert house.persons["official"].name not in news()
