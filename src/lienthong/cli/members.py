"""``lienthong members``: bring the results of the quality engine into an office."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from lienthong.cli.office_database import database_of, has_database
from lienthong.cli.stopping import interruptible
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import _
from lienthong.quality.extra import require

app = typer.Typer(help="The registry of members that an office keeps.", no_args_is_help=True)
_PROGRAM = "lienthong.office.members.loading"


class MembersNotLoaded(LienthongError):
    """The results were not loaded."""

    code = "members_load_failed"
    hint = "Nothing was changed: see what is said above, and try again."


class NoOfficeHere(LienthongError):
    """There is no office to load members into."""

    code = "members_no_office"
    hint = "Name the folder that lienthong office was started with."


@app.callback()
def _group() -> None:
    """Keep ``load`` a command of its own, though it is the only one."""


@app.command()
def load(
    results: Annotated[
        Path, typer.Argument(help="A folder that lienthong quality run wrote.", exists=True, file_okay=False)
    ],
    *,
    state: Annotated[Path, typer.Option(help="The folder of the office.", file_okay=False)] = Path("state"),
) -> None:
    """Load records, golden records, doubtful pairs, failures and scores; the office may be running.

    What people decided, assigned and proposed stays.
    """
    require()
    if not has_database(state):
        raise NoOfficeHere(str(state))
    loaded = asyncio.run(interruptible(_load(results.resolve(), state.resolve())))
    typer.echo(
        _("{records} records of {members} members, {failures} failures, {review} items to review").format(**loaded)
    )


async def _load(results: Path, state: Path) -> Mapping[str, int]:
    async with database_of(state) as url:
        environment = os.environ | {
            "DATABASE_URL": url,
            "LIENTHONG_OFFICE_STATE": str(state / "office"),
            "DJANGO_SETTINGS_MODULE": "lienthong.office.settings",
        }
        command = [sys.executable, "-m", _PROGRAM, str(results)]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
        out, _err = await process.communicate()
    if process.returncode:
        raise MembersNotLoaded(str(results))
    found: Mapping[str, int] = json.loads(out)
    return found
