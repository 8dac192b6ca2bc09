"""Top secret: only those named see it, where the account is marked, and only just after a second factor."""

import time
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from lienthong.kernel.labels import Level
from lienthong.office.accounts.acting import FRESH_SECONDS, load
from lienthong.office.accounts.models import Clearance
from lienthong.office.core import scope
from lienthong.office.documents.actions.change import give_access
from lienthong.office.documents.models import Document
from tests.office.people import clear, sign_in

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def mark(bureau: "Bureau", key: str, *, opens: bool = True) -> None:
    """Clear somebody for what is top secret, and mark the account for it, or not."""
    with scope.system():
        Clearance.objects.filter(person=bureau.people[key]).delete()
        clear(bureau.people[key], Level.TOP_SECRET, by=bureau.house.persons["security"])
        Clearance.objects.filter(person=bureau.people[key]).update(opens_top_secret=opens)


def browser(bureau: "Bureau", key: str, *, factor_seconds_ago: float | None) -> Client:
    """Return a browser of somebody who showed a second factor so long ago, or never."""
    client = Client()
    sign_in(client, bureau.people[key])
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time()},
        *([] if factor_seconds_ago is None else [{"method": "mfa", "at": time.time() - factor_seconds_ago}]),
    ]
    session.save()
    return client


@pytest.fixture
def document(bureau: "Bureau") -> Document:
    """A top secret document that came before anybody was marked, then named to a doer."""
    mark(bureau, "doer")
    found = bureau.arrived(label=Level.TOP_SECRET)
    with scope.system():
        give_access(found, [bureau.actor("doer").appointment_id])
    return found


def test_it_opens_just_after_a_second_factor(bureau: "Bureau", document: Document) -> None:
    url = f"/documents/{document.pk}/"
    assert browser(bureau, "doer", factor_seconds_ago=5).get(url).status_code == 200
    assert browser(bureau, "doer", factor_seconds_ago=FRESH_SECONDS + 1).get(url).status_code == 404
    assert browser(bureau, "doer", factor_seconds_ago=None).get(url).status_code == 404


def test_who_is_cleared_but_not_marked_sees_nothing(bureau: "Bureau", document: Document) -> None:
    mark(bureau, "doer", opens=False)
    client = browser(bureau, "doer", factor_seconds_ago=5)
    assert client.get(f"/documents/{document.pk}/").status_code == 404
    assert client.get("/documents/top-secret/").status_code == 403


def test_who_is_marked_but_was_not_named_sees_nothing(bureau: "Bureau", document: Document) -> None:
    for key in ("clerk", "signer"):
        mark(bureau, key)
        client = browser(bureau, key, factor_seconds_ago=5)
        assert client.get(f"/documents/{document.pk}/").status_code == 404
        assert "12-CV/TW" not in client.get("/documents/top-secret/").content.decode()


def test_the_list_asks_for_the_second_factor_first(bureau: "Bureau", document: Document) -> None:
    answer = browser(bureau, "doer", factor_seconds_ago=None).get("/documents/top-secret/")
    assert answer.headers["Location"] == "/account/2fa/reauthenticate/?next=%2Fdocuments%2Ftop-secret%2F"
    assert "12-CV/TW" in browser(bureau, "doer", factor_seconds_ago=5).get("/documents/top-secret/").content.decode()


def test_the_database_itself_keeps_it_closed(bureau: "Bureau", document: Document) -> None:
    for fresh, seen in ((False, 0), (True, 1)):
        with scope.system():
            found = load(bureau.people["doer"].pk, fresh=fresh)
        assert found is not None
        with scope.act_for(found.actor):
            assert Document.objects.filter(pk=document.pk).count() == seen


def test_a_token_of_a_program_never_opens_it(bureau: "Bureau", document: Document) -> None:
    """Only a session can have shown a second factor: who acts by a token is loaded without one."""
    with scope.system():
        found = load(bureau.people["doer"].pk)
    assert found is not None
    assert not found.actor.opens_top_secret
