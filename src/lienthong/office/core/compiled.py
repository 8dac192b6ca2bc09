"""Queries whose SQL is kept: building one costs Django more than PostgreSQL takes to answer it (ADR 0054).

A query is written as ever, from policies and models, but for a ``Reader`` in the actor's place. It has what decides on
the shape of the SQL, such as roles, and gaps for what is an actor's own, such as paths. The text is kept by reader and
the gaps are filled in at each call: what is kept knows nobody, and row-level security filters the rows as always.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import SYSTEM, Actor, Role

type Row = tuple[Any, ...]


class Gap(Expression):
    """Where a value is put in at each call."""

    def __init__(self, name: str, *, many: bool = False) -> None:
        """Name the value; ``many`` ids stand on the right of ``__in``."""
        super().__init__()
        self.name = name
        self._sql: Final = "(SELECT unnest(%s::bigint[]))" if many else "%s"

    def as_sql(self, compiler: SQLCompiler, connection: object) -> tuple[str, tuple["Gap"]]:  # type: ignore[override]  # the gap itself stands for the parameter until the call
        """Return the text, and the gap in the value's place."""
        del compiler, connection
        return self._sql, (self,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What policies ask of an actor while a query is built. It has no value of anybody's own, only gaps."""

    roles: frozenset[Role]
    clearance: Level
    operator: bool
    placed: bool
    # Whether labelled units outside the organ were named to the actor.
    informed: bool
    system: bool

    lo: ClassVar[Gap] = Gap("lo")
    hi: ClassVar[Gap] = Gap("hi")
    end: ClassVar[Gap] = Gap("end")
    person_id: ClassVar[Gap] = Gap("person_id")

    @classmethod
    def of(cls, actor: Actor) -> "Reader":
        """Return whom a query is built for when this actor asks."""
        return cls(
            roles=actor.roles,
            clearance=actor.clearance,
            operator=actor.operator,
            placed=actor.placed,
            informed=bool(actor.known),
            system=actor is SYSTEM,
        )

    @property
    def known(self) -> Gap | None:
        """The labelled units that were named to the actor; None without any."""
        return Gap("known", many=True) if self.informed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A query's SQL, with gaps among its parameters."""

    sql: str
    parameters: Sequence[Any]
    # Place in the row: what Django does to the value, and the column.
    converters: Mapping[int, tuple[Sequence[Callable[..., Any]], Any]]


class Compiled:
    """A query that is built once for each kind of reader."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *, many: frozenset[str] = frozenset()) -> None:
        """Keep the texts of a query.

        Args:
            build: makes it with ``values_list``, of an actor or a reader and of what else the caller gives, by name.
            many: which of these are lists of ids, for the right of ``__in``.
        """
        self.build: Final = build
        self._many: Final = many
        # None: nothing can fit.
        self._texts: Final[dict[Reader, _Text | None]] = {}

    def __call__(self, actor: Actor, **given: Any) -> list[Row]:  # noqa: ANN401 - whatever a column compares with
        """Ask it: one statement, or none where the reader has no right to any row.

        Args:
            actor: who reads.
            given: what fills the builder's own gaps.
        """
        reader = Reader.of(actor)
        if reader not in self._texts:
            self._texts[reader] = _text(self.build(reader, **{name: self._gap(name) for name in given}))
        text = self._texts[reader]
        if text is None:
            return []
        values: dict[str, Any] = given | {
            "lo": actor.lo,
            "hi": actor.hi,
            "end": actor.end,
            "person_id": actor.person_id,
            "known": list(actor.known),
        }
        parameters = [values[each.name] if isinstance(each, Gap) else each for each in text.parameters]
        with connection.cursor() as cursor:
            cursor.execute(text.sql, parameters)
            rows = cursor.fetchall()
        return [_converted(text, row) for row in rows] if text.converters else rows

    def _gap(self, name: str) -> Gap:
        return Gap(name, many=name in self._many)


def _text(query: QuerySet[Any, Any]) -> _Text | None:
    compiler = query.query.get_compiler(connection=connection)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return None
    columns = [column for column, _sql, _alias in compiler.select[: compiler.col_count]]
    return _Text(sql=sql, parameters=tuple(parameters), converters=compiler.get_converters(columns))


def _converted(text: _Text, row: Row) -> Row:
    values = list(row)
    for place, (converters, column) in text.converters.items():
        for convert in converters:
            values[place] = convert(values[place], column, connection)
    return tuple(values)
