"""What hangs on a document is shown to whoever sees it, except what they do not see otherwise."""

from typing import TYPE_CHECKING

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
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
