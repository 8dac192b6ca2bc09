"""Make a database ready to serve: migrations that are missing, and in an empty one the organs and first accounts.

``python -m lienthong.office.operation.prepare`` does it and writes two lines to standard output: ``migrated`` as soon
as pages can be served, and at the end a JSON object. The passwords of the accounts it made are in there and nowhere
else: they are kept hashed, and appear in no log and no list of processes.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

import django
from django.core.management import call_command
from django.db import connection

EVERYBODY: Final = "everybody"
ADMINISTRATOR: Final = "administrator"
MIGRATED: Final = "migrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What was to be done."""

    units: int
    persons: int
    # Email address, password, position and organ of each.
    accounts: list[dict[str, str]]


def prepare(
    *, accounts: str, persons: int, documents: int = 0, migrated: Callable[[], object] = lambda: None
) -> Prepared:
    """Do it; where nothing is to be done it takes a few queries.

    Args:
        migrated: called when the tables are as this release needs them.
        accounts: which ones an empty office gets: ``everybody`` or ``administrator``.
        persons: how many more, nameless and without a password, to measure with.
        documents: how many documents that nobody wrote, to measure with.
    """
    # Imported late: models need Django to be set up.
    from django.conf import settings  # noqa: PLC0415 - see above

    from lienthong.office.operation import first_accounts, migrations  # noqa: PLC0415 - see above
    from lienthong.office.operation.first_papers import first_papers  # noqa: PLC0415 - see above
    from lienthong.office.operation.probes import make_token  # noqa: PLC0415 - see above
    from lienthong.office.seeding.documents import seed_documents  # noqa: PLC0415 - see above
    from lienthong.office.seeding.organs import is_empty, seed_organs  # noqa: PLC0415 - see above
    from lienthong.office.seeding.persons import make_accounts, seed_persons  # noqa: PLC0415 - see above
    from lienthong.profiles.vn import PROFILE  # noqa: PLC0415 - see above

    make_token()
    migrations.alone()
    migrations.drop_broken_indexes()
    if migrations.pending():
        call_command("migrate", interactive=False, verbosity=0)
    migrated()
    units = 0
    made: list[dict[str, str]] = []
    if is_empty():
        units = seed_organs(PROFILE)
        wanted = {EVERYBODY: first_accounts.everybody, ADMINISTRATOR: first_accounts.administrator}[accounts]
        made = [asdict(account) for account in make_accounts(wanted(PROFILE.office.units()), first_accounts.DOMAIN)]
        if accounts == EVERYBODY:
            first_papers(PROFILE.office.units(), settings.LIENTHONG_SIGNERS)
        if persons:
            seed_persons(persons)
        if documents:
            seed_documents(documents)
    connection.close()
    return Prepared(units=units, persons=persons if units else 0, accounts=made)


def main(arguments: list[str] | None = None, *, setup: Callable[[], None] = django.setup) -> int:
    """Prepare, and write what was done."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", choices=(EVERYBODY, ADMINISTRATOR), default=ADMINISTRATOR)
    parser.add_argument("--persons", type=int, default=0)
    parser.add_argument("--documents", type=int, default=0)
    given = parser.parse_args(arguments)
    setup()
    done = prepare(
        accounts=given.accounts,
        persons=given.persons,
        documents=given.documents,
        migrated=lambda: _say(MIGRATED),
    )
    _say(json.dumps(asdict(done)))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
