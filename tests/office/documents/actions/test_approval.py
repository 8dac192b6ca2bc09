"""Along the chain: each in turn, back to the author with a reason, and round again."""

from typing import TYPE_CHECKING

import pytest
from django.utils.translation import override

from lienthong.kernel.labels import Level
from lienthong.office.accounts.acting import actor_of
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import Notification
from lienthong.office.documents.actions.approval import approve, send_back, submit
from lienthong.office.documents.models import Chain, Step
from lienthong.office.documents.selectors.documents import deeds
from lienthong.office.documents.states import Deed, State
from tests.office.documents.test_policies import substitute

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def told(bureau: "Bureau", key: str) -> list[str]:
    """Return the kinds of what somebody is told and has not been done."""
    with scope.system():
        notes = Notification.objects.filter(person=bureau.people[key], done_at=None)
        return list(notes.order_by("pk").values_list("kind", flat=True))


def test_each_comes_in_turn_and_is_told(bureau: "Bureau") -> None:
    document = bureau.with_file(bureau.draft())
    submit(actor=bureau.actor("writer"), document=document, chain=bureau.chain, seen=2)
    assert told(bureau, "reviewer") == ["documents:document:to-approve"]
    assert Deed.APPROVE in deeds(bureau.actor("reviewer"), bureau.fresh(document))
    with pytest.raises(Forbidden):
        approve(actor=bureau.actor("signer"), document=document)
    approve(actor=bureau.actor("reviewer"), document=document, remark="Được")
    assert bureau.fresh(document).state == State.APPROVED
    assert told(bureau, "reviewer") == []
    assert told(bureau, "signer") == ["documents:document:to-sign"]
    with pytest.raises(Forbidden):
        approve(actor=bureau.actor("reviewer"), document=document)


def test_it_comes_back_with_a_reason_and_goes_round_again(bureau: "Bureau") -> None:
    document = bureau.approved()
    with pytest.raises(Invalid):
        send_back(actor=bureau.actor("signer"), document=document, reason=" ")
    send_back(actor=bureau.actor("signer"), document=document, reason="Thiếu phụ lục")
    again = bureau.fresh(document)
    assert again.state == State.DRAFT
    assert told(bureau, "writer") == ["documents:document:returned"]
    submit(actor=bureau.actor("writer"), document=again, chain=bureau.chain, seen=again.revision)
    with scope.system():
        rounds = list(Step.objects.filter(document=document).values_list("round", "place", "outcome"))
    assert rounds == [(1, 1, "done"), (1, 2, "returned"), (2, 1, "open"), (2, 2, "open")]
    approve(actor=bureau.actor("reviewer"), document=document)


def test_without_its_file_it_is_not_submitted(bureau: "Bureau") -> None:
    document = bureau.draft()
    with override("en"), pytest.raises(Invalid, match="main file"):
        submit(actor=bureau.actor("writer"), document=document, chain=bureau.chain, seen=1)


def test_submitted_twice_it_is_submitted_once(bureau: "Bureau") -> None:
    document = bureau.with_file(bureau.draft())
    submit(actor=bureau.actor("writer"), document=document, chain=bureau.chain, seen=2)
    with pytest.raises(Conflict):
        submit(actor=bureau.actor("writer"), document=document, chain=bureau.chain, seen=2)
    with scope.system():
        assert Step.objects.count() == 2


def test_a_chain_of_another_organ_or_type_takes_nothing(bureau: "Bureau") -> None:
    document = bureau.with_file(bureau.draft())
    with scope.system():
        Chain.objects.filter(pk=bureau.chain.pk).update(type="quyet-dinh")
    with pytest.raises(Invalid):
        submit(actor=bureau.actor("writer"), document=document, chain=bureau.chain, seen=2)
    with scope.system():
        Chain.objects.filter(pk=bureau.chain.pk).update(type="", organ=bureau.house.organs["commune"])
    with pytest.raises(Invalid):
        submit(actor=bureau.actor("writer"), document=document, chain=bureau.chain, seen=2)
    assert bureau.fresh(document).state == State.DRAFT


def test_it_does_not_go_to_somebody_who_is_not_cleared(bureau: "Bureau") -> None:
    document = bureau.with_file(bureau.draft(label=Level.SECRET))
    with scope.system():
        bureau.people["reviewer"].clearances.all().delete()
    with override("en"), pytest.raises(Invalid, match="Nobody cleared"):
        submit(actor=bureau.actor("writer"), document=document, chain=bureau.chain, seen=2)
    with scope.system():
        assert not Step.objects.exists()


def test_a_substitute_decides_for_who_is_absent(bureau: "Bureau") -> None:
    document = bureau.with_file(bureau.draft())
    submit(actor=bureau.actor("writer"), document=document, chain=bureau.chain, seen=2)
    substitution = substitute(bureau, "second_writer", instead_of="reviewer")
    with scope.system():
        acting = actor_of(bureau.people["second_writer"], f"s{substitution.pk}")
    approve(actor=acting, document=document)
    assert bureau.fresh(document).state == State.APPROVED
