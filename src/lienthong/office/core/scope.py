"""For whom a database connection reads: the settings that the row-level security policies compare with.

The first line of defence is the predicate of every selector (``policies.which``). This is the second: a query that
forgets it still returns nothing that its reader may not see, as PostgreSQL itself filters. A connection without a
scope sees no protected row at all.

The settings belong to the connection, not to a transaction, so that a page costs no BEGIN and COMMIT. They are set
anew for every request and taken back after it; PgBouncer in transaction mode would mix them up (docs/operations.md).
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

from django.db import connection
from psycopg.pq import TransactionStatus

from lienthong.office.core.actor import Actor

PREFIX: Final = "lienthong."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The settings, each as PostgreSQL keeps it: text."""

    # none, person (bounds below), sign-in (finding the account of whoever signs in), all (the system itself).
    scope: str = "none"
    # Whose own rows are shown: a person's id. Nobody's is empty, for 0 stands for the system in the audit trail.
    person: str = ""
    # Paths of organs from ``lo`` up to before ``hi``.
    lo: str = ""
    hi: str = ""
    # Level of clearance, 0 to 4.
    clearance: str = "0"
    # Ids of labelled units known by need-to-know, as an array literal.
    known: str = "{}"
    # "1": audit entries of the paths above are shown, not only one's own.
    audit: str = "0"
    # "1": clearances, and what is named to whom, are shown of the persons above, not only one's own.
    guard: str = "0"
    # The organ acted for: its id. Documents never leave it but through the exchange.
    organ: str = ""
    # Organs that went into it, whose documents it keeps: their ids, as an array literal.
    kept: str = "{}"
    # What one takes part in things as (``Actor.holders``), as an array literal.
    holders: str = "{}"
    # "1": a clerk or head of the organ, who sees its registers.
    desk: str = "0"
    # "1": top secret things open now.
    top: str = "0"
    # "1": members are shown, of the organ acted for and of all below it.
    members: str = "0"


NONE: Final = Scope()
SYSTEM: Final = Scope(scope="all", clearance="4", audit="1", top="1")
SIGN_IN: Final = Scope(scope="sign-in")
_NAMES: Final = tuple(field.name for field in fields(Scope))
_SET: Final = "SELECT " + ", ".join(f"set_config('{PREFIX}{name}', %s, false)" for name in _NAMES)


def of(actor: Actor) -> Scope:
    """Return what an actor reads."""
    return Scope(
        scope="person",
        person=str(actor.person_id or ""),
        lo=actor.lo,
        hi=actor.hi,
        clearance=str(int(actor.clearance)),
        known="{" + ",".join(map(str, sorted(actor.known))) + "}",
        audit="1" if actor.audits else "0",
        guard="1" if actor.guards else "0",
        organ=str(actor.organ_id or ""),
        kept="{" + ",".join(map(str, actor.kept)) + "}",
        holders="{" + ",".join(map(str, actor.holders)) + "}",
        desk="1" if actor.at_desk else "0",
        top="1" if actor.opens_top_secret else "0",
        members="1" if actor.keeps_members else "0",
    )


def switch(scope: Scope) -> None:
    """Set the connection's settings, until they are set again."""
    with connection.cursor() as cursor:
        cursor.execute(_SET, [getattr(scope, name) for name in _NAMES])
    _told(scope)


def _told(scope: Scope) -> None:
    # Django's connection is an object of this thread; what it was told last, and by which session, is kept beside it.
    connection.lienthong_scope = (connection.connection, scope)  # type: ignore[attr-defined]  # ours


def current() -> Scope:
    """Return what this thread's connection was told last; none for a session that has begun since."""
    session, scope = getattr(connection, "lienthong_scope", (None, NONE))
    return scope if session is connection.connection else NONE


@contextlib.contextmanager
def using(scope: Scope) -> Iterator[None]:
    """Read within a scope, and go back to the one before."""
    before = current()
    if scope == before:
        # Whatever is begun within goes back to this one by itself.
        yield
        return
    switch(scope)
    try:
        yield
    finally:
        if _is_failed():
            # The settings go back by the rollback that follows.
            _told(before)
        else:
            switch(before)


def _is_failed() -> bool:
    raw = connection.connection
    if raw is None or raw.closed or connection.needs_rollback:
        return True
    return raw.info.transaction_status is TransactionStatus.INERROR


def system() -> contextlib.AbstractContextManager[None]:
    """Read everything: for commands, background work and the lookups that find out who somebody is."""
    return using(SYSTEM)


def act_for(actor: Actor) -> contextlib.AbstractContextManager[None]:
    """Read what an actor may see."""
    return using(of(actor))
