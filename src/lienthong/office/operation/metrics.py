"""What the office measures of itself, for Prometheus; summed over all processes that serve.

Each process writes its numbers into a file of its own in ``PROMETHEUS_MULTIPROC_DIR``, which ``lienthong office``
empties at the start (https://prometheus.github.io/client_python/multiprocess/). Without that folder a process tells
its own numbers only.
"""

import os
import time
from collections.abc import Callable
from typing import Any, Final

from django.db import connection
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
# From a page out of the cache to one that somebody notices, to one that runs into a limit.
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)

REQUESTS: Final = Counter("office_requests", "Requests answered.", ("view", "method", "status"))
SECONDS: Final = Histogram("office_request_seconds", "Time to answer a request.", ("view",), buckets=_BUCKETS)
QUERIES: Final = Counter("office_database_queries", "Statements sent to the database.", ("view",))
DATABASE: Final = Counter("office_database_seconds", "Time spent waiting for the database.", ("view",))


class Queries:
    """Counts the statements of one request; an ``execute_wrapper`` of Django."""

    __slots__ = ("count", "seconds")

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0
        self.seconds = 0.0

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: object,
        many: bool,  # noqa: FBT001 - the signature of Django's wrappers
        context: object,
    ) -> Any:  # noqa: ANN401 - the same
        """Send a statement and count it."""
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - begun


class _Queue(Collector):
    """How much background work waits; asked when somebody asks, so that no process has to keep count."""

    def collect(self) -> list[GaugeMetricFamily]:
        """Return the number of jobs by queue and status."""
        jobs = GaugeMetricFamily("office_jobs", "Background jobs.", labels=("queue", "status"))
        oldest = GaugeMetricFamily("office_jobs_oldest_seconds", "Age of the oldest job that may run.")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs"
                " WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2"
            )
            for queue, status, count in cursor.fetchall():
                jobs.add_metric((queue, status), count)
            cursor.execute(
                "SELECT coalesce(extract(epoch FROM now() - min(coalesce(j.scheduled_at, e.at))), 0)"
                " FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'"
                " WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now()"
            )
            row = cursor.fetchone()
        oldest.add_metric((), float(row[0]) if row else 0.0)
        return [jobs, oldest]


def observe(view: str, method: str, status: int, seconds: float, queries: Queries) -> None:
    """Count a request that was answered."""
    REQUESTS.labels(view, method, str(status)).inc()
    SECONDS.labels(view).observe(seconds)
    QUERIES.labels(view).inc(queries.count)
    DATABASE.labels(view).inc(queries.seconds)


def text() -> bytes:
    """Return all numbers in Prometheus' text format."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's own gap
        served = generate_latest(registry)
    else:
        served = generate_latest(REGISTRY)
    queue = CollectorRegistry()
    queue.register(_Queue())
    return served + generate_latest(queue)
