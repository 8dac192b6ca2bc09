"""Pages: a writer finds by number what a draft replies to and rests on; each end shows the other to who sees it."""

from typing import TYPE_CHECKING

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.models import Relation
from tests.office.documents.api.desk import program
from tests.office.documents.views.test_deeds import browser
from tests.office.records.shelf import registered

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def test_found_by_number_chosen_and_taken_back(bureau: "Bureau") -> None:
    arrived, draft = registered(bureau), bureau.draft(by="clerk")
    clerk, address = browser(bureau, "clerk"), f"/documents/{draft.pk}/relations/"
    assert clerk.get(address).context["form"].found == []
    shown = clerk.get(f"{address}?q=12 cv/tw")
    assert shown.context["form"].found == [arrived]
    assert f'name="documents" value="{arrived.pk}"' in shown.content.decode()
    facts = {"revision": 1, "kind": "answers", "documents": [arrived.pk]}
    sent = clerk.post(f"{address}?q=12 cv/tw", facts)
    assert sent.headers["Location"] == f"/documents/{draft.pk}/"
    assert f'<a href="/documents/{arrived.pk}/">' in clerk.get(f"/documents/{draft.pk}/").content.decode()
    there = clerk.get(f"/documents/{arrived.pk}/").content.decode()
    assert "is answered by" in there
    assert f'<a href="/documents/{draft.pk}/">' in there
    # Another head of the organ sees what arrived, and not the draft.
    assert "is answered by" not in browser(bureau, "signer").get(f"/documents/{arrived.pk}/").content.decode()
    with scope.system():
        row = Relation.objects.get()
    assert clerk.post(f"{address}{row.pk}/remove/").headers["Location"] == address
    assert "is answered by" not in clerk.get(f"/documents/{arrived.pk}/").content.decode()


def test_nothing_hidden_is_found_or_chosen(bureau: "Bureau") -> None:
    secret, draft = registered(bureau, label=Level.SECRET), bureau.draft(by="open_clerk")
    clerk, address = browser(bureau, "open_clerk"), f"/documents/{draft.pk}/relations/?q=12-CV/TW"
    assert clerk.get(address).context["form"].found == []
    sent = clerk.post(address, {"revision": 1, "kind": "answers", "documents": [secret.pk]})
    assert sent.status_code == 200
    with scope.system():
        assert not Relation.objects.exists()


def test_one_that_is_not_here_is_named(bureau: "Bureau") -> None:
    draft, writer = bureau.draft(), browser(bureau, "writer")
    address = f"/documents/{draft.pk}/relations/"
    assert writer.post(address, {"revision": 1, "kind": "based-on"}).status_code == 200
    assert writer.post(address, {"revision": 1, "kind": "based-on", "number": "30/2020/NĐ-CP"}).status_code == 302
    assert "30/2020/NĐ-CP" in writer.get(f"/documents/{draft.pk}/").content.decode()


def test_what_arrived_leads_to_a_reply(bureau: "Bureau") -> None:
    arrived, clerk = registered(bureau), browser(bureau, "clerk")
    assert f"/documents/new/?answers={arrived.pk}" in clerk.get(f"/documents/{arrived.pk}/").content.decode()


def test_a_reply_to_what_is_hidden_is_begun_as_little_as_one_to_what_is_not_there(bureau: "Bureau") -> None:
    secret, draft = registered(bureau, label=Level.SECRET), bureau.draft(label=Level.SECRET)
    facts = {"type": "cong-van", "subject": "Trả lời"}
    for key in ("open_clerk", "below", "outsider", "administrator"):
        pages, user = browser(bureau, key), program(bureau.actor(key))
        for number in (secret.pk, draft.pk, 999_999_999):
            assert pages.get(f"/documents/new/?answers={number}").status_code == 404
            assert pages.post(f"/documents/new/?answers={number}", {**facts, "label": 1}).status_code == 404
            assert user.send("/documents", {**facts, "answers": number}).status_code == 404
