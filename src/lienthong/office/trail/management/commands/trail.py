"""``python -m django trail``: sign, compare and export the audit trail, for whoever operates the office."""

import shutil
import sqlite3
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from lienthong.exchange.evidence.trusted import fingerprint
from lienthong.kernel.clock import iso
from lienthong.office.core import scope
from lienthong.office.trail import rows
from lienthong.office.trail.chain import seal
from lienthong.office.trail.comparison import Finding, compare
from lienthong.office.trail.notary import DIRECTORY, JOURNAL, ROOT, Notary

CONTENT: Final = "trail.jsonl"
_MOST: Final = 20


class Command(BaseCommand):
    """Sign, compare and export the audit trail."""

    help = "Sign, compare and export the audit trail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what is to be done."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("verify", help="Compare the database with the signed journal; exit status 1 if it differs.")
        verbs.add_parser("seal", help="Chain what is not chained yet and sign everything now.")
        verbs.add_parser("root", help="Show what others keep to verify against.")
        export = verbs.add_parser("export", help="Sign, then write journal, keys and content into a folder.")
        export.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - the signature of Django's own
        """Do it."""
        del args
        notary = Notary.open()
        match options["verb"]:
            case "verify":
                self._verify(notary)
            case "seal":
                done = seal(notary)
                self.stdout.write(_("Signed %(size)s entries at %(at)s.") % {"size": done.size, "at": iso(done.at)})
            case "root":
                self.stdout.write(f"{notary.root}\nSHA-256 {fingerprint(notary.root.read_bytes())}")
            case _:
                self._export(notary, options["folder"])

    def _verify(self, notary: Notary) -> None:
        seal(notary)
        count = 0
        for finding in compare(notary.folder / JOURNAL):
            count += 1
            if count <= _MOST:
                self.stdout.write(_said(finding))
        if count:
            raise CommandError(
                _("%(count)s entries are not as they were signed. Leave the database as it is; ask who can change it.")
                % {"count": count}
            )
        self.stdout.write(
            _("The trail is as it was signed. Check the journal itself with: lienthong evidence verify %(folder)s")
            % {"folder": notary.folder}
        )

    def _export(self, notary: Notary, folder: Path) -> None:
        if folder.exists():
            raise CommandError(_("%(folder)s is there already; name a new folder.") % {"folder": folder})
        done = seal(notary)
        folder.mkdir(mode=0o700, parents=True)
        with (
            closing(sqlite3.connect(f"file:{notary.folder / JOURNAL}?mode=ro", uri=True)) as journal,
            closing(sqlite3.connect(folder / JOURNAL)) as copy,
        ):
            journal.backup(copy)
        shutil.copytree(notary.folder / DIRECTORY, folder / DIRECTORY)
        shutil.copy(notary.folder / ROOT, folder / ROOT)
        with (folder / CONTENT).open("wb") as file, scope.system():
            for slice_ in rows.numbers():
                for row in rows.by_number([number for number, _xid in slice_]):
                    file.write(row.content + b"\n")
        self.stdout.write(
            _("%(folder)s: %(size)s entries. Verify it with: lienthong evidence verify %(folder)s --root ROOT.JSON")
            % {"folder": folder, "size": done.size}
        )


def _said(finding: Finding) -> str:
    when = "" if finding.at is None else f" {iso(finding.at)} {finding.kind}"
    return f"{finding.fault.value}: {finding.number}{when}"
