"""Who may send what, to whom."""

from typing import TYPE_CHECKING

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.actions.dispatching import dispatch, try_again
from lienthong.office.documents.exchange import audience
from lienthong.office.documents.models import Dispatch
from tests.office.documents.exchange.posts import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.office.documents.bureau import Bureau
    from tests.office.documents.exchange.posts import Posts


@pytest.fixture
def posts(bureau: "Bureau") -> "Iterator[Posts]":
    """The province and a commune, between them an exchange in memory."""
    with opened(bureau) as made:
        yield made


def test_a_clerk_sends_what_is_issued_and_nobody_else_does(posts: "Posts") -> None:
    document = posts.issued(label=Level.CONFIDENTIAL)
    to = audience.everybody()
    for key in ("writer", "signer", "open_clerk", "doer", "official", "administrator", "outsider", "below"):
        with pytest.raises(Forbidden):
            dispatch(actor=posts.bureau.actor(key), document=document, audience=to)
    with pytest.raises(Forbidden):
        dispatch(actor=posts.commune_clerk(), document=document, audience=to)
    with pytest.raises(Conflict):
        dispatch(actor=posts.bureau.actor("clerk"), document=posts.bureau.signed(), audience=to)
    with scope.system():
        assert not Dispatch.objects.exists()
    made = dispatch(actor=posts.bureau.actor("clerk"), document=document, audience=to)
    assert (made.state, made.receivers) == (Dispatch.State.WAITING, ["*"])
    assert ProcrastinateJob.objects.filter(task_name="documents.dispatch").count() == 1
    with scope.system():
        (entry,) = AuditEntry.objects.filter(kind="documents:document:dispatch")
    assert (entry.new, entry.label) == ({"to": made.audience}, Level.CONFIDENTIAL)


def test_only_what_failed_is_sent_again(posts: "Posts") -> None:
    made = posts.dispatched()
    with pytest.raises(Conflict):
        try_again(actor=posts.bureau.actor("clerk"), dispatch=made)
    with scope.system():
        Dispatch.objects.filter(pk=made.pk).update(state=Dispatch.State.FAILED, trouble="x")
    with pytest.raises(Forbidden):
        try_again(actor=posts.bureau.actor("writer"), dispatch=made)
    try_again(actor=posts.bureau.actor("clerk"), dispatch=made)
    with scope.system():
        after = Dispatch.objects.get(pk=made.pk)
    assert (after.state, after.trouble) == (Dispatch.State.WAITING, "")


def test_audiences(posts: "Posts") -> None:
    house = posts.bureau.house
    with scope.system():
        province, commune, centre = (house.organs[key] for key in ("province", "commune", "centre"))
        named = audience.organs([commune, province, commune, centre], sender=province)
        assert named.receivers == ("VN/PARTY/T.commune", "VN/PARTY/T.centre")
        assert named.words == "Xã 1, Văn phòng Trung ương"
        assert audience.below(province).receivers == ("below:VN/PARTY/T.province",)
        assert audience.level(1, "Cấp tỉnh") == audience.Audience(receivers=("level:1",), words="Cấp tỉnh")
        assert audience.everybody().receivers == ("*",)
        for units in ([], [province]):
            with pytest.raises(Invalid):
                audience.organs(units, sender=province)
        with pytest.raises(Invalid):
            audience.level(100, "x")
        # A department is nobody in the exchange.
        with pytest.raises(Invalid):
            audience.organs([house.hidden], sender=province)
