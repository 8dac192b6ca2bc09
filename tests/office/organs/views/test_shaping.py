"""From a form over a preview to what is done."""

import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.organs.models import Position, Succession, Unit
from tests.office.organs.tree import check_tree, fresh
from tests.office.people import clear

if TYPE_CHECKING:
    from tests.office.people import House

TODAY = localdate()
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def preview(client: Client, address: str, **given: object) -> dict[str, list[str]]:
    """Send a form and return what its preview sends on."""
    answer = client.post(address, given)
    assert answer.status_code == 200, answer.content.decode()
    found: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(answer.content.decode()):
        found.setdefault(name, []).append(value)
    found.pop("csrfmiddlewaretoken", None)
    assert found["confirmed"] == ["1"]
    return found


def test_a_rename_is_shown_and_done(house: "House") -> None:
    client, commune = house.client("administrator"), house.organs["commune"]
    address = f"/units/{commune.pk}/rename/"
    again = preview(client, address, name="Phường 1", type="", day=TODAY.isoformat(), decision="1-QĐ")
    assert fresh(commune).name == "Xã 1"
    answer = client.post(address, again)
    assert (answer.status_code, answer["Location"]) == (302, f"/units/{commune.pk}/")
    assert fresh(commune).name == "Phường 1"


def test_a_change_meanwhile_is_shown_before_anything_is_done(house: "House") -> None:
    client, commune = house.client("administrator"), house.organs["commune"]
    address = f"/units/{commune.pk}/rename/"
    first = preview(client, address, name="Phường A", type="", day=TODAY.isoformat())
    second = preview(house.client("above_administrator"), address, name="Phường B", type="", day=TODAY.isoformat())
    assert client.post(address, first).status_code == 302
    answer = house.client("above_administrator").post(address, second)
    assert answer.status_code == 409
    assert fresh(commune).name == "Phường A"
    assert f'value="{commune.pk}:2"' in answer.content.decode()


@pytest.mark.parametrize("seen", ["", "x", "1:1", "1:1,", "9" * 30 + ":1", "1:-1"])
def test_a_confirmation_without_having_looked_does_nothing(house: "House", seen: str) -> None:
    client, commune = house.client("administrator"), house.organs["commune"]
    given = {"name": "Phường 1", "type": "", "day": TODAY.isoformat(), "confirmed": "1", "seen": seen}
    assert client.post(f"/units/{commune.pk}/rename/", given).status_code == 409
    assert fresh(commune).name == "Xã 1"


def test_a_move(house: "House") -> None:
    client, commune = house.client("above_administrator"), house.organs["commune"]
    address = f"/units/{commune.pk}/move/"
    again = preview(client, address, parent="T.elsewhere", day=TODAY.isoformat())
    assert client.post(address, again).status_code == 302
    assert fresh(commune).parent_id == house.organs["elsewhere"].pk
    check_tree()


def test_a_move_that_cannot_be_says_why_and_offers_no_button(house: "House") -> None:
    client, province = house.client("above_administrator"), house.organs["province"]
    answer = client.post(f"/units/{province.pk}/move/", {"parent": "T.commune", "day": TODAY.isoformat()})
    text = answer.content.decode()
    assert "Tỉnh 1 cannot stand under itself" in text
    assert '<button type="submit" class="btn btn-primary"' not in text
    # Sent all the same.
    forced = {"parent": "T.commune", "day": TODAY.isoformat(), "confirmed": "1"}
    forced["seen"] = f"{province.pk}:1,{house.organs['commune'].pk}:1"
    assert client.post(f"/units/{province.pk}/move/", forced).status_code == 400
    check_tree()


@pytest.mark.parametrize("code", ["", "nothing", "T.hidden", "x" * 500])
def test_a_unit_is_named_by_a_code_that_the_actor_sees(house: "House", code: str) -> None:
    client = house.client("above_administrator")
    answer = client.post(f"/units/{house.organs['commune'].pk}/move/", {"parent": code, "day": TODAY.isoformat()})
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()


def test_a_target_beyond_the_administrators_reach_is_refused(house: "House") -> None:
    client = house.client("administrator")
    given = {"parent": "T.elsewhere", "day": TODAY.isoformat()}
    assert client.post(f"/units/{house.organs['commune'].pk}/move/", given).status_code == 403


def test_a_merger(house: "House") -> None:
    client, commune, neighbour = house.client("administrator"), house.organs["commune"], house.organs["neighbour"]
    address = f"/units/{commune.pk}/merge/"
    assert f'value="{neighbour.pk}"' in client.get(address).content.decode()
    again = preview(
        client,
        address,
        sources=[commune.pk, neighbour.pk],
        new_name="Xã 3",
        target="",
        day=TODAY.isoformat(),
        decision="2",
    )
    answer = client.post(address, again)
    assert answer.status_code == 302
    with scope.system():
        made = Unit.objects.get(name="Xã 3")
    assert answer["Location"] == f"/units/{made.pk}/"
    assert house.person("beside").organ_id == made.pk
    check_tree()


@pytest.mark.parametrize("more", [{"new_name": ""}, {"target": "T.elsewhere"}, {"sources": []}, {"day": "x"}])
def test_what_is_no_merger(house: "House", more: dict[str, object]) -> None:
    commune = house.organs["commune"]
    given = {"sources": [commune.pk], "new_name": "Xã 3", "target": "", "day": TODAY.isoformat(), **more}
    assert house.client("administrator").post(f"/units/{commune.pk}/merge/", given).status_code == 400


def test_ids_slipped_into_a_merger_are_not_taken(house: "House") -> None:
    """Only what was offered: siblings of the same kind that the actor sees."""
    commune = house.organs["commune"]
    for foreign in (house.organs["elsewhere"].pk, house.hidden.pk, "0", "x"):
        given = {"sources": [commune.pk, foreign], "new_name": "Xã 3", "day": TODAY.isoformat()}
        assert house.client("administrator").post(f"/units/{commune.pk}/merge/", given).status_code == 400


def test_a_split(house: "House") -> None:
    client, commune, room = house.client("administrator"), house.organs["commune"], house.departments["commune"]
    address = f"/units/{commune.pk}/split/"
    given = {"names": "Xã A\nXã B", "day": TODAY.isoformat(), f"line_{room.pk}": "2"}
    assert client.post(address, preview(client, address, **given)).status_code == 302
    with scope.system():
        assert fresh(room).parent_id == Unit.objects.get(name="Xã B").pk
    check_tree()


def test_closing_and_labelling(house: "House") -> None:
    client, room = house.client("administrator"), house.departments["commune"]
    with scope.system():
        clear(house.person("administrator"), Level.SECRET, by=house.person("security"))
    address = f"/units/{room.pk}/label/"
    assert client.post(address, preview(client, address, label="2")).status_code == 302
    assert fresh(room).label == Level.CONFIDENTIAL
    address = f"/units/{room.pk}/close/"
    assert client.post(address, preview(client, address, day=TODAY.isoformat())).status_code == 302
    assert fresh(room).valid_to == TODAY


def test_creating_takes_only_what_the_form_asks_for(house: "House") -> None:
    client, province = house.client("administrator"), house.organs["province"]
    facts = {
        "kind": "department", "name": "Phòng 1", "code": "", "label": "1", "valid_from": TODAY.isoformat(),
        # Not asked for.
        "organ_path": "1/", "path": "1/", "organ": "1", "revision": "99", "id": "1",
    }  # fmt: skip
    answer = client.post(f"/units/{province.pk}/new/", facts)
    assert answer.status_code == 302
    with scope.system():
        unit = Unit.objects.get(name="Phòng 1")
    assert (unit.organ_path, unit.revision) == (province.path, 1)
    check_tree()


@pytest.mark.parametrize(
    "more",
    [{"kind": "x"}, {"name": ""}, {"name": "x" * 201}, {"code": "a b"}, {"code": "<b>"}, {"label": "4"}, {"type": "x"}],
)
def test_what_is_no_unit(house: "House", more: dict[str, str]) -> None:
    facts = {"kind": "department", "name": "Phòng 1", "label": "1", **more}
    answer = house.client("administrator").post(f"/units/{house.organs['province'].pk}/new/", facts)
    assert answer.status_code == 400


def test_a_top_organ_is_the_operators(house: "House") -> None:
    facts = {"kind": "organ", "name": "Cơ quan mới", "label": "1"}
    assert house.client("above_administrator").post("/units/new/", facts).status_code == 403
    assert house.client("operator").post("/units/new/", facts).status_code == 302


def test_positions_are_made_changed_and_closed(house: "House") -> None:
    client, room = house.client("administrator"), house.departments["province"]
    made = client.post(f"/units/{room.pk}/positions/new/", {"title": "Phó phòng", "roles": ["clerk"], "rank": "3"})
    assert made.status_code == 302
    with scope.system():
        position = Position.objects.get(title="Phó phòng")
    address = f"/units/positions/{position.pk}/"
    seen = "3|clerk|Phó phòng"
    assert f'value="{seen}"' in client.get(address).content.decode()
    given = {"title": "Trưởng phòng", "roles": [], "rank": "1", "seen_shape": seen}
    assert client.post(address, given).status_code == 302
    with scope.system():
        position.refresh_from_db()
    assert (position.title, position.roles, position.rank) == ("Trưởng phòng", [], 1)
    # Somebody who saw the older state is told.
    assert client.post(address, {**given, "title": "Khác"})["Location"] == address
    with scope.system():
        position.refresh_from_db()
    assert position.title == "Trưởng phòng"
    again = preview(client, f"{address}close/", day=TODAY.isoformat(), seen_shape="1||Trưởng phòng")
    assert client.post(f"{address}close/", again).status_code == 302
    with scope.system():
        position.refresh_from_db()
    assert position.closed_on == TODAY


def test_a_role_that_is_not_theirs_to_give_is_marked(house: "House") -> None:
    client, room = house.client("administrator"), house.departments["province"]
    given = {"title": "Bảo mật", "roles": ["security"], "rank": "3"}
    answer = client.post(f"/units/{room.pk}/positions/new/", given)
    assert answer.status_code == 400
    assert client.post(f"/units/{room.pk}/positions/new/", {**given, "roles": ["root"]}).status_code == 400
    with scope.system():
        assert not Position.objects.filter(title="Bảo mật").exists()


def test_a_predecessor_is_settled(house: "House") -> None:
    client, commune = house.client("administrator"), house.organs["commune"]
    with scope.system():
        old = Succession.objects.create(
            old_code="00099", old_name="Xã Cũ", successor=commune, since=TODAY, needs_review=True
        )
    address = f"/units/successions/{old.pk}/"
    assert "Xã Cũ" in client.get(address).content.decode()
    assert house.client("official").get(address).status_code == 403
    assert client.post(address, {"decision": "", "belongs": "1"}).status_code == 400
    assert client.post(address, {"decision": "5-NQ", "belongs": "1"})["Location"] == f"/units/{commune.pk}/"
    with scope.system():
        old.refresh_from_db()
    assert not old.needs_review


def test_forms_are_refused_without_their_token(house: "House") -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = house.client("administrator").cookies
    for place in ("rename", "move", "merge", "split", "close", "label", "new", "positions/new"):
        assert client.post(f"/units/{house.organs['commune'].pk}/{place}/", {}).status_code == 403


def test_typing_offers_units_of_today_that_the_actor_sees(house: "House") -> None:
    text = house.client("official").get("/units/pick/", {"parent": "xa 1"}).content.decode()
    assert '<option value="T.commune">Xã 1</option>' in text
    assert "T.neighbour" not in text
    assert "T.commune.vp" in text
    assert "T.hidden" not in house.client("official").get("/units/pick/", {"parent": "T.hid"}).content.decode()
    assert "T.hidden" in house.client("cleared").get("/units/pick/", {"parent": "T.hid"}).content.decode()
