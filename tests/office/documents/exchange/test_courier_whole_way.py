"""The whole way between two offices through real gateways: sent, arrived, accepted, worked on, asked back."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import override_settings

from lienthong.exchange.evidence.verify import verify
from lienthong.kernel.clock import SystemClock
from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import NotFound
from lienthong.office.documents.actions import recalling
from lienthong.office.documents.actions.receiving import accept, refuse
from lienthong.office.documents.exchange import audience
from lienthong.office.documents.exchange.courier import Courier
from lienthong.office.documents.models import Delivery, Dispatch
from lienthong.office.documents.reports import report
from lienthong.office.documents.selectors import proof
from lienthong.office.documents.states import Deed, State
from tests.office.documents.exchange.posts import files_of, fresh, run_jobs

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau
    from tests.office.documents.exchange.posts import Posts

pytestmark = pytest.mark.slow
PATIENCE = 30.0


@pytest.fixture
def real(lasting_bureau: "Bureau", tmp_path: Path) -> "Iterator[Posts]":
    """The two offices of ``posts``, between them the real exchange."""
    from lienthong.office.documents.exchange import gateways  # noqa: PLC0415 - needs Django set up
    from tests.office.documents.exchange.country import country  # noqa: PLC0415 - the same
    from tests.office.documents.exchange.posts import opened  # noqa: PLC0415 - the same

    with country(tmp_path) as made, opened(lasting_bureau) as posts, override_settings(EXCHANGE=made.file):
        gateways._connected.stand_in = None
        posts.checkpoint = made.checkpoint
        yield posts


@pytest.fixture
def courier(real: "Posts") -> Iterator[Courier]:
    made = Courier()
    yield made
    made.stop()
    made.run()


def until(courier: Courier, seen: Callable[[], bool]) -> None:
    """Have the courier go round until something is seen."""
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end
        assert courier.round()
        time.sleep(0.1)


def delivery(made: Dispatch, code: str = "T.commune") -> Delivery:
    with scope.system():
        return Delivery.objects.get(dispatch=made, organ_code=code)


def test_there_and_back_and_what_became_of_it(real: "Posts", courier: Courier) -> None:
    real.leaving = [("Quyết định.pdf", b"%PDF-1"), ("Phụ lục.pdf", bytes(range(256)) * 4000)]
    made = real.dispatched(real.issued(label=Level.CONFIDENTIAL))
    assert run_jobs() == ["documents.dispatch"]
    assert fresh(made).state == Dispatch.State.SENT
    until(courier, lambda: bool(real.arrived()))
    (document,) = real.arrived()
    assert (document.subject, document.level) == (made.document.subject, Level.CONFIDENTIAL)
    assert files_of(document) == real.leaving
    entry = accept(actor=real.commune_clerk(), document=document)
    assert run_jobs() == ["documents.report"]
    until(courier, lambda: delivery(made).state == Delivery.State.ACCEPTED)
    assert str(entry) in delivery(made).note
    assert (delivery(made).code, fresh(made).counts, fresh(made).follow_at) == ("03", {"accepted": 1}, None)
    for deed in (Deed.ASSIGN, Deed.COMPLETE):
        with scope.system():
            report(document, deed)
        assert run_jobs() == ["documents.report"]
    until(courier, lambda: delivery(made).code == "06")
    # Asked back, and given back.
    recalling.recall(actor=real.bureau.actor("clerk"), document=made.document, reason="Sai số liệu")
    assert run_jobs() == ["documents.recall"]
    until(courier, lambda: real.arrived()[0].recall_reason == "Sai số liệu")
    recalling.agree(actor=real.commune_clerk(), document=document)
    run_jobs()
    until(courier, lambda: delivery(made).code == "15")
    assert real.arrived()[0].state == State.RECALLED
    assert len(real.arrived()) == 1


def test_who_refuses_says_why_and_who_is_not_reached_is_named(real: "Posts", courier: Courier) -> None:
    with scope.system():
        to = audience.below(real.province)
    made = real.dispatched(real.issued(label=Level.CONFIDENTIAL), to=to)
    run_jobs()
    assert delivery(made, "T.neighbour").state == Delivery.State.DEAD
    assert delivery(made, "T.neighbour").note == "label_above_ceiling"
    until(courier, lambda: bool(real.arrived()))
    refuse(actor=real.commune_clerk(), document=real.arrived()[0], reason="Sai nơi nhận")
    run_jobs()
    until(courier, lambda: delivery(made).state == Delivery.State.REFUSED)
    assert delivery(made).note == "Sai nơi nhận"


def test_what_is_above_the_ceiling_does_not_leave_and_says_so(real: "Posts", courier: Courier) -> None:
    made = real.dispatched(real.issued(label=Level.SECRET))
    run_jobs()
    assert fresh(made).state == Dispatch.State.FAILED
    assert "label_above_ceiling" in fresh(made).trouble
    assert courier.round()
    assert real.arrived() == []


def test_what_was_sent_and_what_arrived_can_be_proved_elsewhere(
    real: "Posts", courier: Courier, tmp_path: Path
) -> None:
    made = real.dispatched(real.issued(label=Level.CONFIDENTIAL))
    run_jobs()
    until(courier, lambda: bool(real.arrived()))
    (document,) = real.arrived()
    accept(actor=real.commune_clerk(), document=document)
    run_jobs()
    until(courier, lambda: delivery(made).state == Delivery.State.ACCEPTED)
    number, clerk, theirs = delivery(made).pk, real.bureau.actor("clerk"), real.commune_clerk()

    def proved() -> bool:
        with scope.act_for(clerk):
            pieces = proof.of_delivery(clerk, number).pieces
        return len(pieces) == 4 and all(piece.inclusion for piece in pieces)

    until(courier, lambda: bool(real.checkpoint()) or proved())
    with scope.act_for(clerk):
        sent = proof.of_delivery(clerk, number)
        record = proof.record_of_delivery(clerk, number, sent.pieces[-1].index)
    assert [(piece.direction, piece.kind, piece.detail) for piece in sent.pieces] == [
        ("out", "message", ""), ("in", "receipt", "delivered"),
        ("in", "receipt", "opened"), ("in", "receipt", "accepted"),
    ]  # fmt: skip
    assert all(piece.peer.startswith("VN/PARTY/T.commune") for piece in sent.pieces)
    # Of the description and of the main file.
    assert [len(digest) for digest in sent.pieces[0].digests] == [64, 64]
    file, root = tmp_path / "record.zip", (tmp_path / "world" / "root.json").read_bytes()
    file.write_bytes(record)
    assert verify(file, root, SystemClock().now()).ok
    with scope.act_for(theirs):
        arrived = proof.of_arrival(theirs, document.pk)
        piece = arrived.pieces[0]
        assert (piece.direction, piece.kind, piece.digests) == ("in", "message", sent.pieces[0].digests)
        file.write_bytes(proof.record_of_arrival(theirs, document.pk, piece.index))
    assert verify(file, root, SystemClock().now()).ok
    # Who does not see the document sees no proof of it, and with one document's no other's.
    for key in ("official", "open_clerk", "outsider", "below"):
        other = real.bureau.actor(key)
        with scope.act_for(other), pytest.raises(NotFound):
            proof.of_delivery(other, number)
        with scope.act_for(other), pytest.raises(NotFound):
            proof.record_of_arrival(other, document.pk, piece.index)
    with scope.act_for(clerk), pytest.raises(NotFound):
        proof.record_of_delivery(clerk, number, sent.pieces[-1].index + 1000)
