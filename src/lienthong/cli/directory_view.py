"""How ``lienthong directory`` shows what it found. Names come from others: nothing in them steers the terminal."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lienthong.cli.text import plain
from lienthong.directory.diff import Change, Kind
from lienthong.directory.entries import KeyEntry, OrganEntry, ServiceEntry
from lienthong.directory.source import Source
from lienthong.kernel.clock import iso
from lienthong.kernel.i18n import _

_SIGNS: Final = {Kind.ADDED: ("+", "green"), Kind.REMOVED: ("-", "red"), Kind.CHANGED: ("~", "yellow")}
_NOTHING: Final = "∅"


def branches(source: Source) -> RenderableType:
    """Return a table of the branches."""
    table = Table(title=plain(f"{source.instance.instance} · {source.instance.profile}"))
    for heading in (_("Branch"), _("Name")):
        table.add_column(heading)
    for heading in (_("Organs"), _("Without keys"), _("Services")):
        table.add_column(heading, justify="right")
    for code, branch in sorted(source.branches.items()):
        without = sum(not organ.keys for organ in branch.organs)
        services = sum(len(organ.services) for organ in branch.organs)
        _add(table, code, branch.name, str(len(branch.organs)), str(without), str(services))
    return table


def organ(branch: str, entry: OrganEntry) -> RenderableType:
    """Return all about one organ."""
    facts = Table(show_header=False, title=Text(plain(entry.name)))
    for name, value in (
        (_("identifier"), entry.id),
        (_("token"), entry.token),
        (_("branch"), branch),
        (_("site"), entry.site),
        (_("ceiling"), entry.ceiling),
        (_("parent"), entry.parent or ""),
        (_("state"), _("active") if entry.active else _("not active")),
    ):
        _add(facts, name, value)
    parts: list[RenderableType] = [facts]
    parts.append(_keys(entry.keys) if entry.keys else Text(_("No keys yet: it can neither seal nor be written to.")))
    if entry.services:
        parts.append(_services(entry.services))
    return Group(*parts)


def changes(found: Sequence[Change]) -> RenderableType:
    """Return one line for every difference."""
    if not found:
        return Text(_("No difference."))
    return Group(*map(_change, found))


def _change(change: Change) -> Text:
    sign, style = _SIGNS[change.kind]
    what = change.before or change.after
    if change.kind is Kind.CHANGED:
        what = f"{change.before or _NOTHING} → {change.after or _NOTHING}"
    return Text(
        plain(f"{sign} {change.where}{': ' if what else ''}{what}"), style=style, no_wrap=True, overflow="ignore"
    )


def _keys(keys: Iterable[KeyEntry]) -> Table:
    table = Table(_("Key"), _("Algorithm"), _("From"), _("Until"), _("Revoked"))
    for entry in keys:
        key = entry.value()
        revoked = "" if key.revoked_at is None else iso(key.revoked_at)
        _add(table, key.kid.hex(), entry.algorithm, iso(key.not_before), iso(key.not_after), revoked)
    return table


def _services(services: Iterable[ServiceEntry]) -> Table:
    table = Table(_("Service"), _("Type"), _("Label"), _("Granted to"))
    for service in services:
        grants = [f"{grant.to} {','.join(grant.methods) or '*'} {grant.path}" for grant in service.grants]
        for number, grant in enumerate(grants or [_("nobody")]):
            first = (f"{service.subsystem}/{service.code}", service.type, service.label)
            _add(table, *(first if number == 0 else ("", "", "")), grant)
    return table


def _add(table: Table, *cells: str) -> None:
    # Text, not str: rich would read brackets in a name as markup.
    table.add_row(*(Text(plain(cell)) for cell in cells))
