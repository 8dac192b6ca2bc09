"""Queries whose SQL is kept: building one costs Django more than PostgreSQL takes to answer it (ADR 0054).

A query is written as ever, from policies and models, but for a ``Reader`` in the actor's place. It has what decides on
the shape of the SQL, such as roles, and gaps for what is an actor's own, such as paths. The text is kept by reader and
the gaps are filled in at each call: what is kept knows nobody, and row-level security filters the rows as always.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import DESK, GUARDS, SYSTEM, Actor, Role
from lienthong.office.core.prepared import fetch, fetch_planned_anew

type Row = tuple[Any, ...]
_MANY: Final = "(SELECT unnest(%s::bigint[]))"


class Gap(Expression):
    """Where a value is put in at each call."""

    def __init__(self, name: str, *, many: bool = False) -> None:
        """Name the value; ``many`` ids stand on the right of ``__in``."""
        super().__init__()
        self.name = name
        self._sql: Final = _MANY if many else "%s"

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
    # Whether there are organs that went into the actor's.
    keeping: bool
    # Up to which level things open now (``Actor.ceiling``).
    ceiling: Level

    lo: ClassVar[Gap] = Gap("lo")
    hi: ClassVar[Gap] = Gap("hi")
    end: ClassVar[Gap] = Gap("end")
    person_id: ClassVar[Gap] = Gap("person_id")
    appointment_id: ClassVar[Gap] = Gap("appointment_id")
    organ_id: ClassVar[Gap] = Gap("organ_id")
    holders: ClassVar[Gap] = Gap("holders", many=True)

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
            keeping=bool(actor.kept),
            ceiling=actor.ceiling,
        )

    @property
    def at_desk(self) -> bool:
        """Tell whether the registers of the organ are open."""
        return not self.roles.isdisjoint(DESK)

    @property
    def guards(self) -> bool:
        """Tell whether the clearances of others are open."""
        return not self.roles.isdisjoint(GUARDS)

    @property
    def kept(self) -> Gap | None:
        """The organs that went into the actor's; None without any."""
        return Gap("kept", many=True) if self.keeping else None

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
    # Makes a model of a row; None for a query of columns.
    make: Callable[[Row], Any] | None


class Compiled:
    """A query that is built once for each kind of reader."""

    def __init__(
        self,
        build: Callable[..., QuerySet[Any, Any]],
        *,
        many: frozenset[str] = frozenset(),
        planned_once: bool = True,
        daily: bool = False,
    ) -> None:
        """Keep the texts of a query.

        Args:
            build: makes it, of an actor or a reader and of what else the caller gives, by name; while the SQL is made
                gaps stand for these values, so it compares with them and does nothing else.
            many: which of these are lists of ids, for the right of ``__in``.
            planned_once: whether one plan is good for all values; that for a rare word is not for a common one.
            daily: whether the builder may write days into the query: the texts are then kept until the day is over.
        """
        self.build: Final = build
        self._many: Final = many
        self._ask: Final = fetch if planned_once else fetch_planned_anew
        self._daily: Final = daily
        # None: nothing can fit.
        self._texts: Final[dict[tuple[Reader, date | None], _Text | None]] = {}

    def __call__(self, actor: Actor, **given: Any) -> list[Row]:  # noqa: ANN401 - whatever a column compares with
        """Ask it: one statement, or none where the reader has no right to any row.

        Args:
            actor: who reads.
            given: what fills the builder's own gaps.

        Raises:
            ValueError: the builder wrote a day of its own into the query.
        """
        text = self._text_for(actor, given)
        return [] if text is None else self._rows(text, actor, given)

    def models(self, actor: Actor, **given: Any) -> list[Any]:  # noqa: ANN401 - the same
        """Ask for models, with what ``select_related`` names.

        Raises:
            TypeError: the query has ``values_list``.
        """
        text = self._text_for(actor, given)
        if text is None:
            return []
        if text.make is None:
            raise TypeError("a query of columns makes no models")
        return [text.make(row) for row in self._rows(text, actor, given)]

    def count(self, actor: Actor, **given: Any) -> int:  # noqa: ANN401 - the same
        """Ask how many rows there are."""
        text = self._text_for(actor, given)
        if text is None:
            return 0
        ((number,),) = self._ask(f"SELECT count(*) FROM ({text.sql}) AS found", self._parameters(text, actor, given))  # noqa: S608 - the builder's own
        return int(number)

    def _rows(self, text: _Text, actor: Actor, given: Mapping[str, Any]) -> list[Row]:
        rows = self._ask(text.sql, self._parameters(text, actor, given))
        return [_converted(text, row) for row in rows] if text.converters else rows

    def _parameters(self, text: _Text, actor: Actor, given: Mapping[str, Any]) -> list[Any]:
        values = {
            **given,
            "lo": actor.lo,
            "hi": actor.hi,
            "end": actor.end,
            "person_id": actor.person_id,
            "appointment_id": actor.appointment_id,
            "organ_id": actor.organ_id,
            "holders": list(actor.holders),
            "known": list(actor.known),
            "kept": list(actor.kept),
        }
        return [values[each.name] if isinstance(each, Gap) else each for each in text.parameters]

    def _text_for(self, actor: Actor, given: Mapping[str, object]) -> _Text | None:
        # With the day before it is built: whoever builds while the day turns keeps nothing for the next one.
        key = (Reader.of(actor), localdate() if self._daily else None)
        text = self._texts.get(key, ...)
        if text is ...:
            text = _text(self.build(key[0], **{name: self._gap(name) for name in given}), daily=self._daily)
            # Other threads do the same at the same time.
            for old in list(self._texts):
                if old[1] != key[1]:
                    self._texts.pop(old, None)
            self._texts[key] = text
        return text

    def _gap(self, name: str) -> Gap:
        return Gap(name, many=name in self._many)


def _text(query: QuerySet[Any, Any], *, daily: bool) -> _Text | None:
    compiler = query.query.get_compiler(connection=connection)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return None
    if any(isinstance(value, datetime if daily else date) for value in parameters):
        raise ValueError("a day or moment that is written into a query that is kept stays that one")
    columns = [column for column, _sql, _alias in compiler.select[: compiler.col_count]]
    return _Text(
        # The same, but an index serves it also where it stands beside an "or".
        sql=sql.replace(f"IN {_MANY}", "= ANY (%s::bigint[])"),
        parameters=tuple(parameters),
        converters=compiler.get_converters(columns),
        make=_maker(query, compiler) if query.query.default_cols else None,
    )


def _maker(query: QuerySet[Any, Any], compiler: Any) -> Callable[[Row], Model]:  # noqa: ANN401 - parts without types
    """Return what Django's ``ModelIterable`` does with each row, its preparations done."""
    info, select = compiler.klass_info, compiler.select
    model, places = info["model"], info["select_fields"]
    begin, end = places[0], places[-1] + 1
    names = [column.target.attname for column, _sql, _alias in select[begin:end]]
    mode = query._fetch_mode  # type: ignore[attr-defined]  # noqa: SLF001 - as ModelIterable; the stubs lack it
    related = get_related_populators(info, select, query.db, mode)

    def make(row: Row) -> Model:
        made: Model = model.from_db(query.db, names, row[begin:end])
        for each in related:
            each.populate(row, made)
        return made

    return make


def _converted(text: _Text, row: Row) -> Row:
    values = list(row)
    for place, (converters, column) in text.converters.items():
        for convert in converters:
            values[place] = convert(values[place], column, connection)
    return tuple(values)
