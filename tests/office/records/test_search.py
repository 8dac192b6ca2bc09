"""Files are found by words of their titles and by their codes; labelled ones by their codes only."""

from typing import TYPE_CHECKING

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.search import sought
from lienthong.office.records.search import find_files
from tests.office.records.shelf import opened

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def found(bureau: "Bureau", key: str, text: str) -> list[str]:
    wanted, actor = sought(text), bureau.actor(key)
    assert wanted
    with scope.act_for(actor):
        return [hit.title for hit in find_files(actor, wanted, 5)]


def test_words_and_codes_find_what_the_reader_may_see(bureau: "Bureau") -> None:
    file, secret = opened(bureau, title="Đổi mới"), opened(bureau, title="Đổi kín", label=Level.CONFIDENTIAL)
    assert found(bureau, "clerk", "doi") == [f"{file.code} Đổi mới"]
    assert found(bureau, "clerk", secret.code) == [secret.code]
    assert found(bureau, "open_clerk", secret.code) == []
    assert found(bureau, "writer", "doi") == []
