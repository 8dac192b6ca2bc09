"""``lienthong restore``: fill an empty office from a backup."""

from pathlib import Path
from typing import Annotated

import typer
import uvloop

from lienthong.cli.restore_run import check_backup, restore_backup
from lienthong.cli.stopping import interruptible
from lienthong.kernel.i18n import _
from lienthong.trust.passphrase import passphrase_from

app = typer.Typer(help="Fill an empty office from a backup.", no_args_is_help=True)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.", dir_okay=False)],
    *,
    state: Annotated[
        Path | None, typer.Option(help="Folder of the office; it must not have one yet.", file_okay=False)
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only read the backup to its end; restore nothing.")] = False,
) -> None:
    """Restore an office: all of it, or nothing.

    The database is made in the state folder, or it is the empty one that DATABASE_URL names. The passphrase is read
    from the file that LIENTHONG_PASSPHRASE_FILE names, or asked for.
    """
    if state is None and not check:
        raise typer.BadParameter("--state")
    passphrase = passphrase_from(prompt=_("Passphrase of the backup: "))
    if state is None or check:
        made = check_backup(file, passphrase)
        typer.echo(_("The backup of {time} is whole.").format(time=made))
        return
    made = uvloop.run(interruptible(restore_backup(file, state, passphrase)))
    typer.echo(_("Restored as it was at {time}.").format(time=made))
