"""New records join who is known, or are persons of their own."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from lienthong.quality.description import Described
from lienthong.quality.linking import training
from lienthong.quality.linking.incremental import ASSIGNED, assign
from lienthong.quality.linking.index import make_index, open_index
from lienthong.quality.linking.link import Inputs, link
from lienthong.quality.linking.settings import link_settings
from lienthong.quality.linking.weights import load
from tests.quality.linking.conftest import TWICE, fill


def test_new_records_join_who_is_known(
    connection: duckdb.DuckDBPyConnection,
    person: Described,
    rows: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "_RANDOM", 10_000)
    fill(connection, person, rows, "records")
    link(connection, person, Inputs(source="records"), tmp_path)
    model = load(tmp_path / "model.json", "person", link_settings(person))
    # The registry has the first records only; the second ones and one of a stranger arrive.
    first = [row for row in rows if not str(row["record_id"]).endswith("b")]
    fill(connection, person, first[:-1], "records")
    link(connection, person, Inputs(source="records", weights=model), tmp_path)
    clusters = f"(FROM '{tmp_path}/clusters.parquet')"
    make_index(connection, person, model, tmp_path / "index", source="records", clusters=clusters)
    known = dict(connection.execute(f"SELECT record_id, person_id FROM {clusters}").fetchall())
    index = open_index(tmp_path / "index", person, threads=1)
    new = [row for row in rows if str(row["record_id"]).endswith("b")] + [first[-1], first[0]]
    fill(connection, person, new, "coming")
    connection.execute(f"COPY coming TO '{tmp_path}/coming.parquet'")
    index.connection.execute(f"CREATE TEMP VIEW coming AS FROM '{tmp_path}/coming.parquet'")
    counts = assign(index, "coming")
    assigned = dict(index.connection.execute(f"SELECT record_id, person_id FROM {ASSIGNED}").fetchall())
    index.connection.close()
    joined = [record for record in assigned if record.endswith("b") and assigned[record] == known[record[:-1]]]
    assert counts.records == TWICE + 2
    assert len(joined) > 0.95 * TWICE
    assert counts.sure + counts.likely >= len(joined)
    # A stranger is somebody new, and a changed record isn't linked with what it was.
    assert assigned[first[-1]["record_id"]] not in known.values()
    assert assigned[first[0]["record_id"]] == known[first[0]["record_id"]]
