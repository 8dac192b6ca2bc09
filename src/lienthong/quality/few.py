"""A few records at a time, as somebody changes them: standardised and checked by what a run of millions uses.

A run begins with files, a database and the tables of units. Here they stay from one question to the next.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any, Final

import pyarrow as pa

from lienthong.quality import database
from lienthong.quality.description import Described
from lienthong.quality.reading import VIEW
from lienthong.quality.reading.records import FORMULA
from lienthong.quality.standardising import plan_of
from lienthong.quality.tables import RECORD_ID
from lienthong.quality.units import NO_UNITS, Units
from lienthong.quality.validating import load_rules
from lienthong.quality.validating.check import dated, failed_of, refuse_wrong

TABLE: Final = "few"
"""The standardised records, as ``wanted`` calls them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What becomes of one record."""

    record_id: str
    # What was wanted, in its order.
    values: tuple[Any, ...]
    # Rules that it breaks.
    breaks: frozenset[str]
    # Columns with what a spreadsheet would compute, as a whole run refuses it; they are taken for empty.
    formulas: frozenset[str]


class Few:
    """Looks at few records; one question at a time, from any thread."""

    def __init__(
        self, described: Described, *, today: date, units: Units = NO_UNITS, memory: str = database.MEMORY
    ) -> None:
        """Prepare to look.

        Args:
            described: the registry.
            today: a day for the first look at the rules.
            units: the administrative units that codes mean.
            memory: as DuckDB writes sizes; nothing is written to the disk.

        Raises:
            RegistryInvalid: of the rules.
        """
        self._lock = Lock()
        self._names = [column.name for column in described.registry.columns]
        # Rules that compare records with each other say nothing about few of them.
        self._rules = [rule for rule in load_rules(described).rules if not rule.unique]
        self._failed = failed_of(self._rules, TABLE)
        self._connection = database.connect(None, memory=memory, threads=1)
        self._plan = plan_of(self._connection, described.registry, self._names, units=units)
        self._standardise({})
        refuse_wrong(self._connection, described, self._rules, TABLE, today)

    def look(
        self, records: Mapping[str, Mapping[str, str]], *, today: date, wanted: Sequence[str]
    ) -> tuple[Looked, ...]:
        """Return what becomes of records.

        Args:
            records: by their ids: column of the registry to what is written; others are empty.
            today: what rules call ``$today``.
            wanted: SQL expressions on the table ``few``.
        """
        chosen = ", ".join([RECORD_ID, dated(self._failed, today), *wanted])
        formulas = {key: _formulas(values) for key, values in records.items()}
        with self._lock:
            self._standardise(
                {key: {n: v for n, v in values.items() if n not in formulas[key]} for key, values in records.items()}
            )
            rows = self._connection.execute(f"SELECT {chosen} FROM {TABLE}").fetchall()
        return tuple(
            Looked(
                record_id=record_id,
                values=tuple(values),
                breaks=frozenset(rule.id for at, rule in enumerate(self._rules) if failed >> at & 1),
                formulas=formulas[record_id],
            )
            for record_id, failed, *values in rows
        )

    def _standardise(self, records: Mapping[str, Mapping[str, str]]) -> None:
        given = pa.table(
            {
                RECORD_ID: pa.array(list(records), pa.string()),
                **{
                    name: pa.array([values.get(name) or None for values in records.values()], pa.string())
                    for name in self._names
                },
            }
        )
        self._connection.register(VIEW, given)
        try:
            with self._plan.dictionaries:
                self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {TABLE} AS {self._plan.table}")
        finally:
            self._connection.unregister(VIEW)


def _formulas(values: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name for name, value in values.items() if re.match(FORMULA, value))
