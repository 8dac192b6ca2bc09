"""An export of a large list takes no more memory than a small one."""

import re
from pathlib import Path

import pytest
from django.db import connection
from django.http import QueryDict

from lienthong.office.core import scope
from lienthong.office.core.lists import actions
from lienthong.office.core.lists.actions import export
from lienthong.office.core.lists.asking import Ask
from tests.office.core.lists.example import UNITS
from tests.office.people import House

_MANY = 100_000
_MEGABYTE = 1024 * 1024


def _memory(name: str) -> int:
    match = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert match
    return int(match[1]) * 1024


def many_units(house: House, count: int) -> None:
    with scope.system(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO organs_unit (kind, code, name, type, bloc, tier, area_code, label, path, organ_path, sort_key,"
            " search_key, revision, parent_id) SELECT 'department', 'L.' || n, 'Tổ dân phố số ' || n, '', '', '', '',"
            " 1, 'l/' || n || '/', %s, lpad(n::text, 9, '0'), 'to dan pho so ' || n, 1, %s"
            " FROM generate_series(1, %s) n",
            [house.organs["commune"].path, house.organs["commune"].pk, count],
        )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_hundred_thousand_rows_are_written_in_little_memory(house: House, kind: str) -> None:
    many_units(house, _MANY)
    actor = house.actor("below")
    ask = Ask.of(UNITS, QueryDict("sort=code"))
    with scope.act_for(actor):
        export(actor=actor, ask=Ask.of(UNITS, QueryDict("label=public")), kind=kind).close()
        before = _memory("VmRSS")
        # The highest mark is forgotten: what follows makes its own.
        Path("/proc/self/clear_refs").write_text("5")
        with export(actor=actor, ask=ask, kind=kind) as file:
            size = file.seek(0, 2)
    assert size > _MEGABYTE // 2
    assert _memory("VmHWM") - before < 16 * _MEGABYTE


def test_more_rows_than_are_exported_are_said_in_the_file(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_EXPORTED", 3)
    actor = house.actor("below")
    with scope.act_for(actor), export(actor=actor, ask=Ask.of(UNITS, QueryDict()), kind="csv") as file:
        lines = file.read().decode().splitlines()
    assert len(lines) == 5
    assert lines[-1] == "Only the first 3 rows are in this file: narrow the filter for the others."
