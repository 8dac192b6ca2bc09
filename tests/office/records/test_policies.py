"""The predicate of lists, the parts somebody plays and the database agree, for everybody and every file."""

from typing import TYPE_CHECKING

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.actions.assigning import Orders, assign
from lienthong.office.documents.models import Document
from lienthong.office.records.actions.sharing import hand_over
from lienthong.office.records.models import WorkFile
from lienthong.office.records.policies import fileable, may_file, parts_of, visible
from tests.office.documents.test_policies import fill as fill_documents
from tests.office.people import KINDS
from tests.office.records.shelf import fill, opened, registered

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

NOT_HERE = {"anonymous", "operator", "unplaced"}


def test_who_plays_a_part_sees_it_and_who_sees_it_plays_one(bureau: "Bureau") -> None:
    fill(bureau)
    hand_over(actor=bureau.actor("clerk"), file=opened(bureau), to=bureau.actor("doer").appointment_id)
    differ = []
    for key in (*bureau.people, *(key for key in KINDS if key not in NOT_HERE)):
        actor = bureau.actor(key)
        with scope.system():
            listed = set(WorkFile.objects.filter(visible(actor)).values_list("pk", flat=True))
            playing = {each.pk for each in WorkFile.objects.select_related("organ") if parts_of(actor, each)}
        with scope.act_for(actor):
            shown = set(WorkFile.objects.values_list("pk", flat=True))
        if not listed == playing == shown:
            differ.append((key, listed, playing, shown))
    assert not differ


def test_the_world_tells_people_apart(bureau: "Bureau") -> None:
    fill(bureau)
    counts = {}
    for key in (
        "writer", "clerk", "open_clerk", "signer", "second_writer", "doer", "official", "security", "auditor",
        "administrator", "below", "outsider",
    ):  # fmt: skip
        with scope.act_for(bureau.actor(key)):
            counts[key] = WorkFile.objects.count()
    # Clerks and heads see every file up to their clearance; the reviewer's department reads four, who is cleared.
    assert counts == {
        "writer": 9, "clerk": 13, "open_clerk": 7, "signer": 13, "second_writer": 3, "doer": 4, "official": 3,
        "security": 7, "auditor": 7, "administrator": 3, "below": 1, "outsider": 0,
    }  # fmt: skip


def test_what_may_be_put_into_a_file_is_what_is_offered(bureau: "Bureau") -> None:
    fill_documents(bureau)
    for label in (Level.INTERNAL, Level.CONFIDENTIAL, Level.SECRET):
        document = registered(bureau, label=label)
        supports = frozenset({bureau.actor("reviewer").appointment_id})
        orders = Orders(lead=-bureau.actor("writer").unit_id, supports=supports)
        assign(actor=bureau.actor("signer"), document=document, orders=orders)
    offered = 0
    for key in (*bureau.people, "official", "below"):
        actor = bureau.actor(key)
        with scope.system():
            listed = set(Document.objects.filter(fileable(actor)).values_list("pk", flat=True))
            fitting = {each.pk for each in Document.objects.all() if may_file(actor, each)}
        assert fitting <= listed, key
        offered += len(fitting)
    # Clerk and head three, all of the department by their clearance; those of other departments none.
    assert offered == 17
