"""``lienthong backup``: write everything that an office keeps into one encrypted file."""

import os
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from lienthong.cli.backup_run import elsewhere, write_backup
from lienthong.cli.stopping import interruptible
from lienthong.cli.text import number
from lienthong.kernel.i18n import _
from lienthong.trust.passphrase import passphrase_from

app = typer.Typer(help="Write everything an office keeps into one encrypted file.", no_args_is_help=True)

_MIB = 1024 * 1024


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    *,
    state: Annotated[Path, typer.Option(help="Folder of the office; it may be running.", file_okay=False)],
) -> None:
    """Back an office up: its database, the files of its documents, its keys and the journal of its audit trail.

    The database is that of the state folder, or the one that DATABASE_URL names. The passphrase is read from the file
    that LIENTHONG_PASSPHRASE_FILE names, or asked for.
    """
    passphrase = passphrase_from(prompt=_("Passphrase of the backup: "), confirm=True)
    size = uvloop.run(interruptible(write_backup(file, state, passphrase)))
    text = _("{file}: {size} MB. Without its passphrase nobody can restore it.")
    typer.echo(text.format(file=file, size=number(size / _MIB, 1)))
    if names := elsewhere(os.environ):
        text = _("Not in it, for these settings put it elsewhere: {names}. Copy that too, now, and keep it apart.")
        typer.echo(text.format(names=", ".join(names)))
