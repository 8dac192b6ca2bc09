"""Find work files by words of their title, or by the beginning of their code. Labelled ones have no words."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db.models import Q, QuerySet

from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.search import Hit, Sought
from lienthong.office.records.models import WorkFile
from lienthong.office.records.policies import visible
from lienthong.office.records.states import State


def find_files(actor: Actor, wanted: Sought, most: int) -> Sequence[Hit]:
    """Return files of the reader's organ whose title has all the words, or whose code begins so; the newest first."""
    words = {f"word{place}": word for place, word in enumerate(wanted.words)}
    rows = _files(len(words), most + 1)(actor, text=wanted.text, **words)
    return [
        Hit(title=f"{code} {title}" if key else code, note=str(State(state).label), url=f"/records/{pk}/")
        for pk, code, title, state, key in rows
    ]


@cache
def _files(words: int, most: int) -> Compiled:
    def build(reader: Actor | Reader, *, text: Any, **given: Any) -> QuerySet[WorkFile, Any]:  # noqa: ANN401 - values or gaps
        titled = ~Q(title_key="")
        for place in range(words):
            titled &= Q(title_key__contains=given[f"word{place}"])
        found = WorkFile.objects.filter(visible(reader), titled | Q(code__istartswith=text))
        return found.order_by("-year", "-entry").values_list("pk", "code", "title", "state", "title_key")[:most]

    return Compiled(build, planned_once=False)
