"""What hangs on a document is shown to whoever sees it, except what they do not see otherwise."""

from typing import TYPE_CHECKING

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.actions.drafts import discard
from lienthong.office.documents.models import Relation
from lienthong.office.documents.selectors import details

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def test_related_documents_are_those_that_the_reader_sees(bureau: "Bureau") -> None:
    shown, secret = bureau.draft(), bureau.draft(label=Level.SECRET, subject="Kế hoạch mật")
    document = bureau.arrived()
    with scope.system():
        for other, number in ((shown, "1-KH"), (secret, "2-KH"), (None, "3-CV")):
            Relation.objects.create(document=document, kind=Relation.Kind.BASED_ON, other=other, other_number=number)

    def numbers(key: str) -> set[str]:
        actor = bureau.actor(key)
        with scope.act_for(actor):
            return {each.other_number for each in details.of(document, actor).relations}

    assert numbers("writer") == {"1-KH", "2-KH", "3-CV"}
    assert numbers("open_clerk") == {"3-CV"}


def test_documents_that_refer_to_it_are_those_that_the_reader_sees(bureau: "Bureau") -> None:
    document, given_up = bureau.arrived(), bureau.draft(by="clerk", subject="Bỏ")
    shown, secret = bureau.draft(by="open_clerk"), bureau.arrived(label=Level.SECRET)
    with scope.system():
        for one in (shown, secret, given_up):
            Relation.objects.create(document=one, kind=Relation.Kind.ANSWERS, other=document)
    discard(actor=bureau.actor("clerk"), document=given_up)

    def referring(key: str) -> set[int]:
        actor = bureau.actor(key)
        with scope.act_for(actor):
            return {each.document_id for each in details.of(document, actor).related_by}

    assert referring("open_clerk") == {shown.pk}
    assert referring("clerk") == {secret.pk}
    assert referring("signer") == {secret.pk}
