"""What an organ leaves that goes into another one: its people go on, that one's keep it, nobody else sees it."""

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import NotFound
from lienthong.office.core.models import AuditEntry
from lienthong.office.core.search import Sought
from lienthong.office.documents.actions.approval import submit
from lienthong.office.documents.actions.assigning import Orders, assign, complete
from lienthong.office.documents.actions.issuing import issue
from lienthong.office.documents.actions.receiving import accept
from lienthong.office.documents.models import Access, Chain, Document, TakenNumber
from lienthong.office.documents.policies import parts_of, visible
from lienthong.office.documents.search import find_documents
from lienthong.office.documents.selectors import choices
from lienthong.office.documents.selectors.documents import document, incoming, kept_incoming
from lienthong.office.documents.states import State
from lienthong.office.organs.actions.merge import Merger, merge, plan_merge
from lienthong.office.organs.models import Unit
from tests.office.documents.merging import merged, merger, people_there
from tests.office.documents.test_documents_top_secret import browser, mark
from tests.office.documents.test_policies import fill
from tests.office.organs.tree import revisions, trail
from tests.office.people import KINDS, sign_in

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

OURS = ("writer", "second_writer", "reviewer", "signer", "clerk", "open_clerk", "doer")
THERE = ("there_clerk", "there_head", "there_cleared", "there_official")
# The neighbours below, the ones above, and whoever is of one of the two provinces without a part in anything.
OTHERS = tuple(key for key in KINDS if key not in {"anonymous", "operator", "unplaced", "leader", "below"})


def seen(bureau: "Bureau", key: str) -> set[int]:
    """Return what somebody sees without any predicate: what the database itself lets through."""
    with scope.act_for(bureau.actor(key)):
        return set(Document.objects.values_list("pk", flat=True))


def test_everybody_goes_on_and_the_clerks_and_heads_there_keep_its_registers(bureau: "Bureau") -> None:
    people_there(bureau)
    fill(bureau)
    before = {key: seen(bureau, key) for key in (*OURS, *THERE, *OTHERS)}
    assert not any(before[key] for key in THERE)
    unit = merged(bureau)
    after = {key: seen(bureau, key) for key in before}
    assert {key: after[key] for key in (*OURS, *OTHERS)} == {key: before[key] for key in (*OURS, *OTHERS)}
    assert bureau.actor("clerk").organs == (unit.pk, bureau.house.organs["province"].pk)
    assert after["there_clerk"] == before["open_clerk"]
    # Up to secret, but what is written and approved only where they take part.
    assert after["there_head"] == before["clerk"]
    assert not after["there_cleared"] | after["there_official"]


def test_predicate_parts_and_database_agree_about_everybody(bureau: "Bureau") -> None:
    people_there(bureau)
    fill(bureau)
    merged(bureau)
    for key in (*OURS, *THERE, *OTHERS):
        actor = bureau.actor(key)
        with scope.system():
            listed = set(Document.objects.filter(visible(actor)).values_list("pk", flat=True))
            playing = {each.pk for each in Document.objects.all() if parts_of(actor, each)}
        assert listed == playing == seen(bureau, key), key


def test_top_secret_stays_with_those_who_were_named(bureau: "Bureau") -> None:
    people_there(bureau)
    mark(bureau, "clerk")
    mark(bureau, "there_head")
    hidden = bureau.arrived(label=Level.TOP_SECRET)
    with scope.system():
        Access.objects.get_or_create(document=hidden, holder=bureau.actor("clerk").appointment_id)
    merged(bureau)
    for key, sees in (("clerk", True), ("there_head", False)):
        client = browser(bureau, key, factor_seconds_ago=5)
        assert (client.get(f"/documents/{hidden.pk}/").status_code == 200) == sees, key


def test_it_is_found_read_and_carried_on(bureau: "Bureau") -> None:
    people_there(bureau)
    province = bureau.house.organs["province"]
    arrived, secret = bureau.arrived(subject="Công văn hỏi"), bureau.arrived(label=Level.SECRET)
    for each in (arrived, secret):
        accept(actor=bureau.actor("clerk"), document=each)
    waiting = bureau.arrived(subject="Công văn chờ")
    merged(bureau)
    clerk, head = bureau.actor("there_clerk"), bureau.actor("there_head")
    with scope.act_for(clerk):
        assert document(clerk, arrived.pk).subject == "Công văn hỏi"
        found = find_documents(clerk, Sought(text="công văn", key="cong van"), 10)
        assert {hit.url for hit in found} == {f"/documents/{each.pk}/" for each in (arrived, waiting)}
        # Its registers stay books of their own.
        assert list(kept_incoming(clerk)) == [arrived]
        assert not incoming(clerk)
        with pytest.raises(NotFound):
            document(clerk, secret.pk)
    accept(actor=clerk, document=waiting)
    with scope.system():
        assert TakenNumber.objects.get(document=waiting).series.organ_id == province.pk
    assert bureau.fresh(waiting).organ_id == province.pk
    orders = Orders(lead=bureau.actor("there_official").appointment_id)
    assign(actor=head, document=bureau.fresh(waiting), orders=orders)
    assert seen(bureau, "there_official") == {waiting.pk}
    complete(actor=bureau.actor("there_official"), document=waiting, result="Đã làm")
    assert bureau.fresh(waiting).state == State.COMPLETED
    offered = [pk for pk, _name in choices.assignable(bureau.fresh(arrived))]
    assert bureau.actor("doer").appointment_id in offered
    assert bureau.actor("there_official").appointment_id in offered


def test_what_was_begun_is_issued_by_the_organ_there_is_now(bureau: "Bureau") -> None:
    people_there(bureau)
    signed, draft = bureau.signed(), bureau.with_file(bureau.draft())
    with scope.system():
        Chain.objects.create(organ=bureau.house.organs["elsewhere"], name="Thường")
    unit = merged(bureau)
    issue(actor=bureau.actor("clerk"), document=bureau.fresh(signed))
    held = bureau.fresh(signed)
    assert (held.organ_id, held.author, held.entry) == (unit.pk, unit.name, 1)
    with scope.system():
        assert TakenNumber.objects.get(document=held).series.organ_id == unit.pk
        entry = AuditEntry.objects.get(kind="documents:document:issue")
    province = bureau.house.organs["province"]
    assert entry.old and entry.new  # noqa: PT018 - one thing
    assert (entry.old["organ"], entry.new["organ"]) == (province.pk, unit.pk)
    assert held.words is not None
    assert f"'{unit.pk}/" in held.words
    assert f"'{province.pk}/" not in held.words
    with scope.system():
        assert [(chain.name, chain.organ_id) for chain in Chain.objects.order_by("pk")] == [
            ("Thường (T.province)", unit.pk),
            ("Thường", unit.pk),
        ]
    submit(actor=bureau.actor("writer"), document=draft, chain=bureau.chain, seen=draft.revision)
    assert bureau.fresh(draft).organ_id == unit.pk


def test_what_a_unit_was_asked_to_do_its_successor_is_asked(bureau: "Bureau") -> None:
    people_there(bureau)
    arrived, organ = bureau.arrived(), bureau.house.organs["province"]
    accept(actor=bureau.actor("clerk"), document=arrived)
    with scope.system():
        # Shared with the province's own staff, who sit in no department.
        Access.objects.create(document=arrived, holder=-organ.pk)
        position = bureau.house.positions["outsider"]
        type(position).objects.filter(pk=position.pk).update(unit=bureau.house.organs["elsewhere"])
    assert seen(bureau, "outsider") == set()
    merged(bureau)
    assert seen(bureau, "outsider") == {arrived.pk}


def test_who_keeps_it_follows_through_later_mergers(bureau: "Bureau") -> None:
    people_there(bureau)
    arrived = bureau.arrived()
    unit, centre = merged(bureau), bureau.house.organs["centre"]
    with scope.system():
        unit = Unit.objects.get(pk=unit.pk)
        centre = Unit.objects.get(pk=centre.pk)
    again = Merger(sources=[unit], target=centre, day=localdate())
    merge(actor=bureau.actor("above_administrator"), merger=again, seen=revisions(*again.involved))
    with scope.system():
        kept = set(Unit.objects.filter(keeper=centre).values_list("pk", flat=True))
    assert kept == {unit.pk, bureau.house.organs["province"].pk}
    assert arrived.pk in seen(bureau, "there_clerk")
    assert seen(bureau, "outside_administrator") == set()


def test_the_preview_and_the_trail_say_so_and_count_nothing_labelled(bureau: "Bureau") -> None:
    people_there(bureau)
    fill(bureau)
    what = merger(bureau)
    actor = bureau.actor("above_administrator")
    with scope.act_for(actor):
        plan = plan_merge(actor=actor, merger=what)
    province = bureau.house.organs["province"].pk
    # Public and internal ones: two drafts, two approved, two signed, two arrived.
    assert (plan.counts[f"documents_{province}"], plan.counts[f"unissued_{province}"]) == (8, 6)
    assert any(": 8." in line.text and "Tỉnh 1" in line.text for line in plan.consequences)
    unit = merged(bureau)
    (entry,) = trail("organs:unit:keep")
    assert (entry.object_id, entry.new) == (unit.pk, {"of": [province]})


def test_pages_and_lists_of_what_was_kept(bureau: "Bureau") -> None:
    people_there(bureau)
    arrived = bureau.arrived(subject="Công văn hỏi")
    accept(actor=bureau.actor("clerk"), document=arrived)
    merged(bureau)
    for key, shown in (("there_clerk", True), ("there_official", False)):
        client = Client()
        sign_in(client, bureau.people[key])
        page = client.get(f"/documents/{arrived.pk}/")
        assert (page.status_code == 200) == shown
        # Whose number it has is told.
        assert ("<dt>Register of</dt><dd>Tỉnh 1</dd>" in page.content.decode()) == shown
        listed = client.get("/documents/kept-incoming/").content.decode()
        assert ("Công văn hỏi" in listed) == shown
        assert "Công văn hỏi" not in client.get("/documents/incoming/").content.decode()
