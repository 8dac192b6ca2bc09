"""Pages: a file walks its whole way through the forms, and who may not is refused at each."""

from typing import TYPE_CHECKING, Any

from django.test import Client

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.records.actions.holds import set_hold
from lienthong.office.records.models import WorkFile
from lienthong.office.records.states import Deed
from lienthong.office.records.views.deeds import PAGES
from tests.office.people import sign_in
from tests.office.records.shelf import finished, fresh, opened

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def browser(bureau: "Bureau", key: str) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    sign_in(client, bureau.people[key] if key in bureau.people else bureau.house.persons[key])
    return client


def do(client: Client, file: WorkFile, deed: str, **facts: Any) -> int:  # noqa: ANN401 - what a form takes
    """Look at a deed's page, then send its form; return the status."""
    page = client.get(f"/records/{file.pk}/{deed}/")
    if page.status_code != 200:
        return page.status_code
    return client.post(f"/records/{file.pk}/{deed}/", facts).status_code


def test_a_file_walks_from_its_opening_into_the_archive(bureau: "Bureau") -> None:
    document, clerk, doer = (
        finished(bureau, subject="Về việc đồng phục"),
        browser(bureau, "clerk"),
        bureau.actor("doer"),
    )
    facts = {"title": "Đồng phục", "retention": "10", "retention_reason": "Mục 1", "label": 1, "mode": "restricted"}
    made = clerk.post("/records/new/", facts)
    with scope.system():
        file = WorkFile.objects.get()
    assert made.headers["Location"] == f"/records/{file.pk}/"
    assert do(clerk, file, "add", documents=[document.pk]) == 302
    assert do(clerk, file, "share", writers=[], readers=[doer.appointment_id]) == 302
    assert do(clerk, file, "hand-over", to=doer.appointment_id) == 302
    taker = browser(bureau, "doer")
    assert do(taker, file, "take-over") == 302
    assert do(clerk, file, "close") == 403
    assert do(taker, file, "close", reason="") == 302
    assert do(taker, file, "submit") == 302
    assert do(clerk, file, "accept") == 302
    page = taker.get(f"/records/{file.pk}/").content.decode()
    assert (fresh(file).state, fresh(file).documents) == ("archived", 1)
    assert "Về việc đồng phục" in page
    assert "Accept into the archive" in page


def test_the_cover_is_changed_as_it_was_seen(bureau: "Bureau") -> None:
    file, clerk = opened(bureau), browser(bureau, "clerk")
    page = clerk.get(f"/records/{file.pk}/edit/")
    facts = {**page.context["form"].initial, "title": "Tên mới", "retention": ""}
    assert clerk.post(f"/records/{file.pk}/edit/", facts).status_code == 302
    assert (fresh(file).title, fresh(file).retention) == ("Tên mới", None)
    assert clerk.post(f"/records/{file.pk}/edit/", facts).status_code == 409


def test_what_an_action_refuses_is_said_on_the_page(bureau: "Bureau") -> None:
    file, clerk = opened(bureau), browser(bureau, "clerk")
    page = clerk.post(f"/records/{file.pk}/close/", {"reason": ""})
    assert page.status_code == 200
    assert "Nothing lies in this file" in page.content.decode()
    assert fresh(file).state == "open"


def test_a_hold_is_set_and_lifted_by_who_guards_secrets(bureau: "Bureau") -> None:
    file, security = opened(bureau), browser(bureau, "security")
    assert do(security, file, "hold", reason="Công văn của Tòa án") == 302
    assert "Legal hold: it must" in browser(bureau, "clerk").get(f"/records/{file.pk}/").content.decode()
    assert do(browser(bureau, "clerk"), file, "lift") == 403
    with scope.system():
        hold = file.holds.get().pk
    assert do(security, file, "lift", hold=hold, reason="Đã xử") == 302
    assert "Legal hold: it must" not in browser(bureau, "clerk").get(f"/records/{file.pk}/").content.decode()


def test_pages_offer_what_the_actions_allow_and_refuse_the_rest(bureau: "Bureau") -> None:
    files = [opened(bureau), opened(bureau, label=Level.CONFIDENTIAL), opened(bureau, by="second_writer", mode="open")]
    set_hold(actor=bureau.actor("security"), file=files[0], reason="x")
    offered = 0
    for key in ("clerk", "open_clerk", "signer", "security", "auditor", "second_writer", "official", "outsider"):
        client = browser(bureau, key)
        for file in files:
            page = client.get(f"/records/{file.pk}/")
            for deed in (*PAGES, Deed.ADD):
                there = f'href="/records/{file.pk}/{deed.value}/"' in page.content.decode()
                status = client.get(f"/records/{file.pk}/{deed.value}/").status_code
                assert status == (200 if there else 404 if page.status_code == 404 else status)
                assert there or status in {403, 404, 409}, (key, deed, status)
                offered += there
    assert offered > 20
