"""The registers' kept queries show each reader what they would show if they were built anew."""

from typing import TYPE_CHECKING

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.lists.asking import Ask
from lienthong.office.core.lists.columns import names_of
from lienthong.office.core.lists.reading import read
from lienthong.office.documents.actions.issuing import issue
from lienthong.office.documents.actions.receiving import accept
from lienthong.office.documents.lists import HIGHEST, REGISTERS
from tests.office.documents.merging import merged, people_there
from tests.office.documents.test_policies import fill

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

READERS = ("writer", "signer", "clerk", "open_clerk", "doer", "below", "outsider", "there_clerk", "there_head")


def test_every_list_shows_each_reader_what_a_new_query_does(bureau: "Bureau") -> None:
    people_there(bureau)
    fill(bureau)
    clerk = bureau.actor("clerk")
    for label in (Level.INTERNAL, Level.SECRET):
        accept(actor=clerk, document=bureau.arrived(label=label))
        issue(actor=clerk, document=bureau.signed(label=label))
    met = set()
    for merging in (False, True):
        if merging:
            merged(bureau)
        for key in READERS:
            actor = bureau.actor(key)
            with scope.act_for(actor):
                for name, page in REGISTERS.items():
                    rows = page.rows(actor).order_by(*page.ordering(page.sort))
                    anew = list(rows.values_list(*names_of(page.columns)))
                    kept = read(actor, Ask(list_page=page, values={}, sort=page.sort))
                    assert page.kept
                    assert (kept.rows, kept.total) == (anew, len(anew)), (key, name)
                    met |= {name} if anew else set()
    # Whom top secret opens to is told in test_documents_top_secret.
    assert met == set(REGISTERS) - {HIGHEST}
