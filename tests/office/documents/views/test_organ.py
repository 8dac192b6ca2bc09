"""How an organ works: its administrator configures it, its clerks keep numbers, others look or see nothing."""

from typing import TYPE_CHECKING

from lienthong.office.core import scope
from lienthong.office.documents.models import Chain, Letterhead, Period, TakenNumber
from tests.office.documents.views.test_deeds import browser

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def test_an_administrator_configures_a_chain(bureau: "Bureau") -> None:
    reviewer, signer = (bureau.appointment(key) for key in ("reviewer", "signer"))
    with scope.system():
        for one in (reviewer, signer):
            one.refresh_from_db()
    facts = {"name": "Qua thẩm định", "position_1": reviewer.position_id, "position_3": signer.position_id}
    client = browser(bureau, "administrator")
    assert client.post("/documents/chains/new/", facts).status_code == 302
    with scope.system():
        made = Chain.objects.get(name="Qua thẩm định")
        assert [(step.place, step.kind) for step in made.steps.all()] == [(1, "approve"), (2, "sign")]
    assert "Qua thẩm định" in client.get("/documents/ways/").content.decode()
    assert client.post("/documents/chains/new/", facts).status_code == 200
    assert client.post(f"/documents/chains/{made.pk}/close/").status_code == 302
    assert client.post(f"/documents/chains/{made.pk}/close/").status_code == 404


def test_notation_and_place_are_chosen(bureau: "Bureau") -> None:
    client = browser(bureau, "administrator")
    assert client.post("/documents/letterhead/", {"notation": "TU", "place": "Tỉnh 1"}).status_code == 302
    with scope.system():
        assert Letterhead.objects.get().notation == "TU"
    assert 'value="TU"' in client.get("/documents/letterhead/").content.decode()
    # Whoever begins a draft need not write it.
    assert browser(bureau, "writer").get("/documents/new/").context["form"]["place"].value() == "Tỉnh 1"


def test_a_term_is_begun(bureau: "Bureau") -> None:
    client = browser(bureau, "administrator")
    assert client.post("/documents/periods/new/", {"starts_on": "2025-10-20", "name": "Nhiệm kỳ"}).status_code == 302
    with scope.system():
        assert Period.objects.count() == 1


def test_clerks_keep_numbers_and_others_do_not(bureau: "Bureau") -> None:
    facts = {"type": "ke-hoach", "reason": "Ban hành sau", "secret": "on"}
    assert browser(bureau, "clerk").post("/documents/numbers/keep/", facts).status_code == 302
    assert browser(bureau, "writer").post("/documents/numbers/keep/", facts).status_code == 403
    with scope.system():
        assert TakenNumber.objects.get().series.secret
    assert "Ban hành sau" in browser(bureau, "clerk").get("/documents/ways/").content.decode()
    assert "Ban hành sau" not in browser(bureau, "open_clerk").get("/documents/ways/").content.decode()


def test_who_is_no_administrator_changes_nothing(bureau: "Bureau") -> None:
    for key in ("writer", "clerk", "signer"):
        client = browser(bureau, key)
        assert client.get("/documents/ways/").status_code == 200
        for path in ("chains/new", f"chains/{bureau.chain.pk}/close", "letterhead", "periods/new"):
            assert client.post(f"/documents/{path}/", {"name": "x"}).status_code == 403, (key, path)
    for path in (f"chains/{bureau.chain.pk}/close",):
        assert browser(bureau, "outside_administrator").post(f"/documents/{path}/").status_code == 404
