"""What is shown of an office that has started."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lienthong.cli.office_run import Office
from lienthong.kernel.i18n import _


def show(console: Console, office: Office) -> None:
    """Show where it is, and the accounts that were made: their passwords are nowhere else."""
    if office.accounts:
        table = Table(title=_("Accounts: these passwords are shown once"), title_justify="left")
        # Whoever copies an address or a password needs all of it in one line.
        for title in (_("Address"), _("Password")):
            table.add_column(title, no_wrap=True)
        for title in (_("Position"), _("Organ")):
            table.add_column(title, overflow="fold")
        for account in office.accounts:
            table.add_row(*(escape(account[name]) for name in ("email", "password", "position", "organ")))
        console.print(table)
    console.print(_("The office is at {url}").format(url=office.url), soft_wrap=True)
