"""What people should look at: pairs the model is unsure of, and persons whose records contradict each other."""

from dataclasses import dataclass
from typing import Final

from duckdb import DuckDBPyConnection

from lienthong.quality.linking.grouping import GROUPS, Grouped
from lienthong.quality.linking.nodes import ROW
from lienthong.quality.linking.settings import Link

REVIEW: Final = "link_review"


@dataclass(frozen=True, slots=True)
class Queue:
    """How much there is to do."""

    items: int
    # Items that were less doubtful than all in the queue, which was full.
    left_off: int


def queue(connection: DuckDBPyConnection, settings: Link, grouped: Grouped, *, scored: str, records: int) -> Queue:
    """Make the table of items for people, the most doubtful first.

    Its columns: ``place``, ``kind`` (``cluster``: records of one person contradict each other; ``pair``),
    ``record_id_l``, ``record_id_r``, ``person_id_l``, ``person_id_r``, ``probability``, ``weight``, ``reasons``. Of
    several pairs between the same two sure groups only the likeliest is an item.
    """
    most = max(1, int(settings.queue * records))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE doubtful AS {_items(settings, grouped, scored)}")
    connection.execute(
        f"CREATE OR REPLACE TABLE {REVIEW} AS SELECT row_number() OVER (ORDER BY urgency DESC, l, r) AS place, kind,"
        " x.record_id AS record_id_l, y.record_id AS record_id_r, x.person_id AS person_id_l,"
        " y.person_id AS person_id_r, probability, weight, reasons"
        f" FROM doubtful JOIN link_persons x ON x.{ROW} = l JOIN link_persons y ON y.{ROW} = r"
        f" QUALIFY place <= {most}"
    )
    counts = connection.execute(f"SELECT (SELECT count(*) FROM {REVIEW}), (SELECT count(*) FROM doubtful)").fetchall()
    items, doubtful = counts[0]
    return Queue(items=items, left_off=doubtful - items)


def _items(settings: Link, grouped: Grouped, scored: str) -> str:
    clusters = (
        f"SELECT 'cluster' AS kind, l, r, NULL::DOUBLE AS probability, NULL::DOUBLE AS weight, reasons, 2.0 AS urgency,"
        f" least(a.sure, b.sure) AS one, greatest(a.sure, b.sure) AS other FROM {grouped.conflicting}"
        f" JOIN {GROUPS} a ON a.{ROW} = l JOIN {GROUPS} b ON b.{ROW} = r"
        " ANTI JOIN link_decided d ON d.l = link_conflicting.l AND d.r = link_conflicting.r"
    )
    # As doubtful as can be at one half; what is likely but for a reason comes before it.
    pairs = (
        f"SELECT 'pair', row_id_l, row_id_r, match_probability, match_weight, reasons,"
        f" CASE WHEN len(reasons) > 0 THEN match_probability ELSE 1 - abs(2 * match_probability - 1) END,"
        f" least(a.sure, b.sure), greatest(a.sure, b.sure) FROM {scored}"
        f" JOIN {GROUPS} a ON a.{ROW} = row_id_l JOIN {GROUPS} b ON b.{ROW} = row_id_r"
        " ANTI JOIN link_decided d ON d.l = row_id_l AND d.r = row_id_r"
        f" WHERE match_probability >= {settings.doubtful} AND a.sure <> b.sure"
    )
    return (
        f"SELECT * FROM ({clusters} UNION ALL {pairs})"
        " QUALIFY row_number() OVER (PARTITION BY one, other ORDER BY urgency DESC, probability DESC, l, r) = 1"
    )
