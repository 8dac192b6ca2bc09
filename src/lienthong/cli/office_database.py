"""The database of an office for commands that work on it beside the office, and PostgreSQL's own programs for it."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict

from lienthong.embedded.postgres import Postgres, running_url
from lienthong.embedded.postgres_setup import program
from lienthong.office.core.scope import PREFIX, SYSTEM

_FOLDER: Final = "postgres"
# libpq's variables: what stands in them is in no list of processes.
_VARIABLES: Final = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


def has_database(state: Path) -> bool:
    """Tell whether there is an office's database: one in the folder, or one that DATABASE_URL names."""
    return bool(os.environ.get("DATABASE_URL")) or (state / _FOLDER / "data").is_dir()


@contextlib.asynccontextmanager
async def database_of(state: Path) -> AsyncIterator[str]:
    """Give the address of an office's database; the server of a folder is started unless it runs already."""
    if (url := os.environ.get("DATABASE_URL")) or (url := running_url(state / _FOLDER)):
        yield url
    else:
        async with Postgres(state / _FOLDER) as server:
            yield server.url


def tool(name: str, url: str) -> str:
    """Return the path of one of PostgreSQL's programs, fit to reach a server.

    The wheel's programs know no TLS: for a server elsewhere those of the system come first.
    """
    host = str(conninfo_to_dict(url).get("host") or "/")
    return (None if host.startswith("/") else shutil.which(name)) or str(program(name))


def environment_of(url: str) -> dict[str, str]:
    """Return the environment in which PostgreSQL's programs reach a database and see all of its rows."""
    known = conninfo_to_dict(url)
    seen = {field.name: getattr(SYSTEM, field.name) for field in fields(SYSTEM)}
    options = " ".join(f"-c {PREFIX}{name}={value}" for name, value in seen.items() if value)
    named = {_VARIABLES[name]: str(value) for name, value in known.items() if name in _VARIABLES}
    kept: Mapping[str, str] = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, **named, "PGOPTIONS": options, "PGAPPNAME": "lienthong-backup"}
