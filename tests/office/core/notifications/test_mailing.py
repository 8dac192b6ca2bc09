"""Mails about what was not read: what is in them, who gets one and when, over a real socket."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils.timezone import now
from pytest_django import Settings

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Person, State
from lienthong.office.core import scope
from lienthong.office.core.models import Notification, NotificationChoice
from lienthong.office.core.notifications import actions, cleaning
from lienthong.office.core.notifications.mailing import LISTED, WAIT, send_due
from lienthong.office.mailer import mailer
from tests.office.core.notifications.example import KIND, SILENT
from tests.office.people import House
from tests.support.smtp import Mailbox

SOON = timedelta(minutes=10)
# 07:30 and 12:00 in the office's time zone, on a day to come.
MORNING = datetime(2100, 1, 1, 0, 30, tzinfo=UTC)
NOON = datetime(2100, 1, 1, 5, 0, tzinfo=UTC)


def _tell(house: House, *keys: str, kind: str = KIND, name: str = "1", label: Level = Level.INTERNAL) -> None:
    actions.notify(
        person_ids=[house.persons[key].pk for key in keys],
        kind=kind,
        facts={"name": name},
        url="/units/1/",
        about=f"tests.thing:{name}",
        label=label,
    )


def _sent() -> list[tuple[str, str]]:
    return [(message.to[0], str(message.body)) for message in mail.outbox]


def test_one_mail_tells_all_that_is_unread(house: House) -> None:
    _tell(house, "official")
    _tell(house, "official", "below", name="2")
    assert send_due(now() + SOON) == 2
    bodies = dict(_sent())
    assert set(bodies) == {"official@test.invalid", "below@test.invalid"}
    assert "- Thing 2 came\n- Thing 1 came\n" in bodies["official@test.invalid"]
    assert "/notifications/" in bodies["official@test.invalid"]
    assert mail.outbox[0].subject.endswith("2 new notifications")
    assert mail.outbox[0].extra_headers["Auto-Submitted"] == "auto-generated"
    # And only once.
    assert send_due(now() + SOON) == 0


def test_nothing_is_told_that_was_read_or_done_or_has_just_come(house: House) -> None:
    _tell(house, "official", name="1")
    _tell(house, "below", name="2")
    assert send_due(now() + WAIT - timedelta(seconds=30)) == 0
    actor = house.actor("official")
    with scope.act_for(actor):
        actions.read_all(actor=actor, up_to=2**60)
    actions.done("tests.thing:2")
    _tell(house, "leader", kind=SILENT)
    assert send_due(now() + SOON) == 0
    assert not mail.outbox


@pytest.mark.parametrize("label", [Level.CONFIDENTIAL, Level.SECRET, Level.TOP_SECRET])
def test_what_is_labelled_is_not_told_of(house: House, label: Level) -> None:
    _tell(house, "cleared", name="Cơ yếu", label=label)
    _tell(house, "cleared", name="2")
    send_due(now() + SOON)
    (body,) = dict(_sent()).values()
    assert "Thing 2 came" in body
    assert "1 more" in body
    assert "Cơ yếu" not in body + mail.outbox[0].subject


def test_a_mail_names_only_the_newest(house: House) -> None:
    for number in range(LISTED + 5):
        _tell(house, "official", name=str(number))
    send_due(now() + SOON)
    (body,) = dict(_sent()).values()
    assert body.count("Thing") == LISTED
    assert "5 more" in body


def test_each_gets_it_when_they_chose(house: House) -> None:
    _tell(house, "official", "below", "leader", "suspended", "dismissed")
    for key, choice in (("below", "daily"), ("leader", "never")):
        actor = house.actor(key)
        with scope.act_for(actor):
            actions.choose_mail(actor=actor, choice=choice)
    assert send_due(NOON) == 1
    assert [to for to, _body in _sent()] == ["official@test.invalid"]
    assert send_due(MORNING + timedelta(days=1)) == 1
    assert [to for to, _body in _sent()][1:] == ["below@test.invalid"]


def test_everybody_reads_their_own_language(house: House) -> None:
    with scope.system():
        Person.objects.filter(pk=house.persons["official"].pk).update(language="vi")
    _tell(house, "official")
    send_due(now() + SOON)
    assert mail.outbox[0].subject.endswith("1 thông báo mới")


def test_it_arrives_over_a_real_socket(house: House, settings: Settings) -> None:
    _tell(house, "official")
    with Mailbox() as box:
        settings.MAILERS = {"default": mailer(f"smtp://127.0.0.1:{box.port}")}
        assert send_due(now() + SOON) == 1
        (message,) = box.messages
    assert message["To"] == "official@test.invalid"
    assert "Thing 1 came" in message.get_content()


def test_what_could_not_be_sent_stays_due(house: House, settings: Settings) -> None:
    _tell(house, "official", "below")
    with Mailbox(refusing="below@test.invalid") as box:
        settings.MAILERS = {"default": mailer(f"smtp://127.0.0.1:{box.port}")}
        with pytest.raises(OSError, match=r"below@test\.invalid"):
            send_due(now() + SOON)
    with Mailbox() as box:
        settings.MAILERS = {"default": mailer(f"smtp://127.0.0.1:{box.port}")}
        assert send_due(now() + SOON) == 1
        assert [message["To"] for message in box.messages] == ["below@test.invalid"]
    settings.MAILERS = {"default": mailer(f"smtp://127.0.0.1:{box.port}")}
    with pytest.raises(OSError):  # noqa: PT011 - whatever the system says of a closed port
        send_due(now() + SOON)


def test_what_is_of_no_more_use_is_forgotten(house: House) -> None:
    _tell(house, "official", name="read")
    actor = house.actor("official")
    with scope.act_for(actor):
        actions.read_all(actor=actor, up_to=2**60)
    _tell(house, "official", "dismissed", name="unread")
    assert cleaning.forget(now() + cleaning.KEPT - timedelta(days=1)) == 0
    assert cleaning.forget(now() + cleaning.KEPT + timedelta(days=1)) == 1
    assert cleaning.forget(now() + timedelta(days=366)) == 2
    with scope.system():
        assert not Notification.objects.exists()
        assert not NotificationChoice.objects.exists()
        assert Person.objects.filter(state=State.DISMISSED).exists()
