"""Pages on which records are mended: failing ones by rule, assignments, sheets that come back, changes to let in."""

import io
from http import HTTPStatus
from typing import TYPE_CHECKING

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

from lienthong.office.core import cards, scope
from lienthong.office.members.models import Change, Failure
from tests.office.members.views.test_review import browser

if TYPE_CHECKING:
    from tests.office.members.registry import Registry


def test_the_list_of_a_rule_offers_what_can_be_done_about_it(registry: "Registry") -> None:
    page = browser(registry, "steward").get("/members/failing/?rule=number-sex").content.decode()
    for part in ("/members/rules/number-sex/assign/", "/members/fixes/number-sex/", "/members/failing/sheet/?rule="):
        assert part in page, part
    leader = browser(registry, "leader").get("/members/failing/?rule=number-sex").content.decode()
    assert "/members/rules/number-sex/assign/" in leader
    assert "/members/fixes/" not in leader
    with scope.system():
        one = Failure.objects.get(rule="number-sex")
    assert browser(registry, "steward").get(f"/members/failing/{one.pk}/").headers["Location"] == (
        f"/members/people/{one.member_id}/"
    )


def test_a_list_goes_out_and_comes_back_with_new_values(registry: "Registry") -> None:
    steward = browser(registry, "commune_steward")
    sent = steward.get("/members/failing/sheet/?rule=number-sex")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(sent.streaming_content)))  # type: ignore[attr-defined]  # a file that is sent has it
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0][-1] == "New value"
    assert [(row[0], row[5], row[6]) for row in rows[1:]] == [
        ("M2", "Personal number", "001060000002"), ("M2", "Sex", "f"),
    ]  # fmt: skip
    sheet = book.worksheets[0]
    sheet.cell(row=3, column=8).value = "Nam"
    sheet.cell(row=2, column=8).value = "12 chữ số"
    kept = io.BytesIO()
    book.save(kept)
    file = SimpleUploadedFile("list.xlsx", kept.getvalue())
    told = steward.post("/members/changes/import/", {"file": file})
    # The record as a whole is looked at: what cannot be read keeps the rest out.
    assert [each["why"] for each in told.context["refused"]] == ["This value cannot be read."]
    sheet.cell(row=2, column=8).value = None
    kept = io.BytesIO()
    book.save(kept)
    told = steward.post("/members/changes/import/", {"file": SimpleUploadedFile("list.xlsx", kept.getvalue())})
    assert (told.context["proposed"], told.context["refused"]) == (1, [])
    wrong = steward.post("/members/changes/import/", {"file": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")})
    assert wrong.context["form"].errors


def test_a_rule_proposes_and_another_steward_lets_it_in(registry: "Registry") -> None:
    steward = browser(registry, "commune_steward")
    preview = steward.get("/members/fixes/number-sex/")
    assert [(one.record, one.edits[0][3]) for one in preview.context["proposals"]] == [("M2", "m")]
    assert steward.post("/members/fixes/number-sex/").headers["Location"] == "/members/changes/"
    with scope.system():
        change = Change.objects.get()
    other = browser(registry, "steward")
    assert f"/members/changes/{change.pk}/" in other.get("/").content.decode()
    for client in (steward, other):
        client.post("/members/changes/", {"action": "enter", "selected": [change.pk]})
    with scope.system():
        assert Change.objects.get().second_name == registry.actor("steward").name
    assert b"Nothing to propose" in steward.get("/members/fixes/number-twice/").content


def test_a_change_from_the_members_page(registry: "Registry") -> None:
    steward, one = browser(registry, "steward"), registry.member("P1")
    address = f"/members/people/{one.pk}/change/"
    assert steward.get(address).headers["Location"] == f"/members/people/{one.pk}/"
    steward.post("/members/purpose/", {"purpose": "mend"})
    form = steward.get(address).context["form"]
    facts = {name: field.initial for name, field in form.fields.items()}
    assert steward.post(address, facts).status_code == HTTPStatus.FOUND
    told = steward.post(address, facts | {"phone": "0912 000 009"})
    assert told.context["proposed"] == 1
    with scope.system():
        assert Change.objects.get().new == "0912000009"


def test_the_home_page_tells_what_waits(registry: "Registry") -> None:
    browser(registry, "steward").post(f"/members/review/{registry.item(3).pk}/", {"verdict": "same"})
    actor = registry.actor("second_steward")
    with scope.act_for(actor):
        found = {card.key: card.total for shelf in cards.shelves(actor) for card in shelf.cards}
    assert (found["members-review"], found["members-second"], found["members-due"]) == ("2", "1", "0")
    leader = registry.actor("leader")
    with scope.act_for(leader):
        keys = {card.key for shelf in cards.shelves(leader) for card in shelf.cards}
    assert "members-due" in keys
    assert "members-review" not in keys
