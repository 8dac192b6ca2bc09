"""Take the results of a run over into the database, in one transaction.

What the engine found is replaced; what people decided, assigned, proposed and looked at stays, and is matched with it
by the engine's own keys. Whoever was there before keeps their address.
"""

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.db import connection, transaction
from django.db.models import Model

from lienthong.office.core import scope
from lienthong.office.members.loading import results
from lienthong.office.members.loading.tree import Places, common, places
from lienthong.office.members.models import (
    Failure,
    Identifier,
    Loading,
    Member,
    Record,
    ReviewItem,
    RuleCount,
    Score,
)  # fmt: skip
from lienthong.quality import database

MEMORY: Final = "2GB"
_PIECE: Final = 1024 * 1024
_LOADED: Final = (Failure, Identifier, Record, Member, Score, RuleCount, ReviewItem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was taken over."""

    records: int
    members: int
    failures: int
    review: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    members: Path
    records: Path
    identifiers: Path
    failures: Path
    scores: Path
    rule_counts: Path
    review: Path
    loading: Loading


def load(folder: Path, *, memory: str = MEMORY) -> Loaded:
    """Load a folder of results.

    Args:
        folder: as ``lienthong quality run`` wrote it.
        memory: what DuckDB may take.

    Raises:
        ResultsUnusable: it is none.
        ResultsNotLoaded: of another registry, or a part is missing.
        NoOrgans: no organ has an area code.
    """
    scratch = Path(tempfile.mkdtemp(prefix="lienthong-members-"))
    try:
        with scope.system():
            known = places()
        with database.connect(scratch, memory=memory) as duck:
            files = _files(results.open_results(folder, duck, scratch, known), known)
        with transaction.atomic(), scope.system():
            return _take(files)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _files(found: results.Results, known: Places) -> _Files:
    review = found.scratch / "review.copy"
    with review.open("w", encoding="utf-8") as file:
        for row in results.review(found):
            place, kind, left, right, one, other, *rest = row
            path = common([known.of(each if isinstance(each, str) else None).path for each in (one, other)])
            file.write(json.dumps([place, kind, left, right, path, *rest]) + "\n")
    counts = found.manifest.counts
    return _Files(
        members=results.members(found), records=results.records(found), identifiers=results.identifiers(found),
        failures=results.failures(found), scores=results.scores(found), rule_counts=results.rule_counts(found),
        review=review,
        loading=Loading(
            run=found.manifest.run, registry=found.manifest.registry, on=found.today, records=int(counts["records"]),
            members=0,
        ),
    )  # fmt: skip


def _take(files: _Files) -> Loaded:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in (Member, Record):
            cursor.execute(
                f"CREATE TEMP TABLE old_{_name(model)} ON COMMIT DROP AS SELECT key, id FROM {_table(model)}"
            )
            cursor.execute(f"CREATE UNIQUE INDEX ON old_{_name(model)} (key)")
        cursor.execute(f"TRUNCATE {', '.join(map(_table, _LOADED))}")
    members = _members(files.members)
    records = _records(files.records)
    _identifiers(files.identifiers)
    failures = _failures(files.failures)
    _plain(
        Score,
        (
            "area",
            "cell",
            "parent",
            "name",
            "organ_path",
            "dimension",
            "checks",
            "failures",
            "score",
            "exact_duplicates",
            "estimated_duplicates",
            "past",
        ),
        files.scores,
    )
    _plain(RuleCount, ("area", "organ_path", "rule", "records", "failures"), files.rule_counts)
    review = _review(files.review)
    _match()
    files.loading.members = members
    files.loading.save()
    with connection.cursor() as cursor:
        for model in (Member, Record):
            cursor.execute(f"DROP TABLE old_{_name(model)}")
        for table in map(_table, _LOADED):
            cursor.execute(f"ANALYZE {table}")
    return Loaded(records=records, members=members, failures=failures, review=review)


def _members(file: Path) -> int:
    _arrive(
        "key text, organ_id bigint, organ_path text, area text, cell text, name text, name_key text, sort_key text,"
        " birth text, records int, failures int, values_ jsonb, origins jsonb", file,
    )  # fmt: skip
    return _insert(
        Member,
        "id, key, organ_id, organ_path, area, cell, name, name_key, sort_key, birth, records, failures, values,"
        " origins",
        f"coalesce(o.id, nextval(pg_get_serial_sequence('{_table(Member)}', 'id'))), a.key, organ_id, organ_path, area,"
        " cell, name, name_key, sort_key, birth, records, failures, jsonb_strip_nulls(values_), origins"
        " FROM arriving a LEFT JOIN old_member o ON o.key = a.key",
    )


def _records(file: Path) -> int:
    _arrive("key text, person text, organ_id bigint, organ_path text, values_ jsonb, unread jsonb, changes jsonb", file)
    return _insert(
        Record,
        "id, key, member_id, organ_id, organ_path, values, unread, changes",
        f"coalesce(o.id, nextval(pg_get_serial_sequence('{_table(Record)}', 'id'))), a.key, m.id, a.organ_id,"
        " a.organ_path, jsonb_strip_nulls(values_), jsonb_strip_nulls(unread), changes"
        f" FROM arriving a JOIN {_table(Member)} m ON m.key = a.person LEFT JOIN old_record o ON o.key = a.key",
    )


def _identifiers(file: Path) -> int:
    _arrive("value text, kind text, person text", file)
    return _insert(
        Identifier,
        "value, kind, member_id, organ_path",
        f"value, kind, m.id, m.organ_path FROM arriving a JOIN {_table(Member)} m ON m.key = a.person",
    )


def _failures(file: Path) -> int:
    _arrive("record text, rule text", file)
    return _insert(
        Failure,
        "record_id, member_id, rule, organ_path",
        f"r.id, r.member_id, a.rule, r.organ_path FROM arriving a JOIN {_table(Record)} r ON r.key = a.record",
    )


def _review(file: Path) -> int:
    with file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    keys = {key for row in rows for key in row[2:4]}
    ids = dict(Record.objects.filter(key__in=keys).values_list("key", "pk"))
    ReviewItem.objects.bulk_create(
        (
            ReviewItem(
                place=place, kind=kind, left_id=ids[left], right_id=ids[right],
                organ_path=path, probability=probability, weight=weight, weights=_said(json.loads(weights)),
                reasons=json.loads(reasons) or [], impact=impact,
            )
            for place, kind, left, right, path, probability, weight, weights, reasons, impact in rows
        ),
        batch_size=2000,
    )  # fmt: skip
    return len(rows)


def _said(weights: dict[str, float | None]) -> dict[str, float]:
    return {name: weight for name, weight in weights.items() if weight is not None}


def _match() -> None:
    """Let items know what was decided about them, and failures what was proposed."""
    item, record, failure = _table(ReviewItem), _table(Record), _table(Failure)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {item} i SET state = CASE d.state WHEN 'waiting' THEN 'waiting' ELSE d.verdict END"
            f" FROM {record} l, {record} r, members_decision d WHERE l.id = i.left_id AND r.id = i.right_id"
            " AND d.left = least(l.key, r.key) AND d.right = greatest(l.key, r.key)"
            " AND d.state IN ('waiting', 'standing')"
        )
        cursor.execute(
            f"UPDATE {failure} f SET state = 'proposed' FROM {record} r JOIN members_change c ON c.record = r.key"
            " WHERE r.id = f.record_id AND c.state = 'waiting'"
        )


def _plain(model: type[Model], columns: tuple[str, ...], file: Path) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE arriving ON COMMIT DROP AS SELECT {', '.join(columns)} FROM {_table(model)} LIMIT 0"
        )
    _copy(file)
    return _insert(model, ", ".join(columns), f"{', '.join(columns)} FROM arriving")


def _arrive(columns: str, file: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE arriving ({columns}) ON COMMIT DROP")
    _copy(file)


def _copy(file: Path) -> None:
    """Read a file of CSV into the table of what arrives: COPY refuses tables under row-level security."""
    with connection.cursor() as cursor, file.open("rb") as opened:
        with cursor.copy("COPY arriving FROM STDIN (FORMAT csv)") as copy:
            while piece := opened.read(_PIECE):
                copy.write(piece)
        cursor.execute("ANALYZE arriving")


def _insert(model: type[Model], columns: str, query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {_table(model)} ({columns}) SELECT {query}")
        number: int = cursor.rowcount
        cursor.execute("DROP TABLE arriving")
    return number


def _table(model: type[Model]) -> str:
    return model._meta.db_table  # noqa: SLF001 - Django's public name begins with an underscore


def _name(model: type[Model]) -> str:
    return str(model._meta.model_name)  # noqa: SLF001 - the same
