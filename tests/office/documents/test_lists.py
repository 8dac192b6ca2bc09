"""The registers show each reader what queries that are built anew and look at every row would show."""

from typing import TYPE_CHECKING

import pytest
from django.http import QueryDict

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.lists import reading
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


def test_a_filter_shows_the_same_whether_the_first_rows_fill_the_page_or_not(
    bureau: "Bureau", monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = bureau.actor("clerk")
    for place in range(12):
        rare = " lạ" if place in {0, 7} else ""
        document = bureau.arrived(subject=f"Công tác{rare}")
        accept(actor=clerk, document=document)
    page = REGISTERS["incoming"]
    for text, whole in (("cong tac", 12), ("lạ", 2), ("không có", 0)):
        for sort in (page.sort, page.sort.removeprefix("-"), "due"):
            ask = Ask(list_page=page, values={"q": text}, sort=sort, size=3)
            with scope.act_for(clerk):
                exact = [read(clerk, ask.turned(number)) for number in (1, 2, 4, 9)]
                with monkeypatch.context() as short:
                    short.setattr(reading, "_LOOKED", 8)
                    hurried = [read(clerk, ask.turned(number)) for number in (1, 2, 4, 9)]
            assert [each.rows for each in hurried] == [each.rows for each in exact]
            assert [each.ask.page for each in hurried] == [each.ask.page for each in exact]
            assert all((each.total, each.more) == (whole, False) for each in exact)
            # Eight of twelve fit, so there may be more; what they do not fill is counted to its end.
            begun = whole == 12 and sort != "due"
            assert [(each.total, each.more) for each in hurried[:2]] == [(8, True) if begun else (whole, False)] * 2
            assert all((each.total, each.more) == (whole, False) for each in hurried[2:])


@pytest.mark.parametrize("text", ["q=!!!", "q=%00", "q='", "q=%22", "q=a:*%26|!()<->", "year=2019", "type=x", "q=12"])
def test_a_filter_for_nothing_or_for_odd_text_is_asked_of_the_first_rows_as_of_all(bureau: "Bureau", text: str) -> None:
    clerk = bureau.actor("clerk")
    accept(actor=clerk, document=bureau.arrived())
    for page in REGISTERS.values():
        ask = Ask.of(page, QueryDict(text))
        with scope.act_for(clerk):
            found = read(clerk, ask)
            assert (found.total, found.more) == (reading.matching(clerk, ask).count(), False), page.name
