"""``python -m django vault``: look after files and their keys, for whoever operates the office."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from lienthong.kernel.errors import LienthongError
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.organs.models import Unit
from lienthong.office.vault import sweeping
from lienthong.office.vault.actions.keys import destroy, rotate
from lienthong.office.vault.checking import check
from lienthong.office.vault.configuration import FolderPlace
from lienthong.office.vault.keys import change_passphrase
from lienthong.office.vault.models import UnitKey

_MOST: Final = 100


class Command(BaseCommand):
    """Look after files and their keys."""

    help = "Look after the office's files and their keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what is to be done."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("check", help="Read every file to its end; exit status 1 if one is not what was written.")
        verbs.add_parser("adopt", help="Say that the storage belongs to this database from now on.")
        for verb, text in (
            ("keys", "Show the keys of an organ."),
            ("rotate", "Give an organ a new key; its files come under it in the background."),
            ("destroy", "Destroy an old key of an organ for ever."),
        ):
            of_organ = verbs.add_parser(verb, help=text)
            of_organ.add_argument("code", help="The organ's code.")
            if verb == "destroy":
                of_organ.add_argument("generation", type=int)
        passphrase = verbs.add_parser("passphrase", help="Put the folder of keys under another passphrase.")
        passphrase.add_argument("file", type=Path, help="A file that holds the new one.")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - the signature of Django's own
        """Do it."""
        del args
        try:
            match options["verb"]:
                case "check":
                    self._check()
                case "adopt":
                    sweeping.adopt()
                case "passphrase":
                    self._passphrase(options["file"])
                case "rotate":
                    self._show([rotate(unit_id=_organ(options["code"]).pk, actor=SYSTEM)])
                case "destroy":
                    organ = _organ(options["code"])
                    destroy(unit_id=organ.pk, generation=options["generation"], actor=SYSTEM)
                    self._keys(organ)
                case _:
                    self._keys(_organ(options["code"]))
        except (LienthongError, OSError) as error:
            raise CommandError(str(error)) from error

    def _check(self) -> None:
        count = wrong = 0
        for id_, error in check():
            count += 1
            if error is not None:
                wrong += 1
                if wrong <= _MOST:
                    self.stdout.write(f"{id_}: {error}")
        text = _("%(count)s files were read to their ends; %(wrong)s are not what was written.")
        told = text % {"count": count, "wrong": wrong}
        if wrong:
            raise CommandError(told)
        self.stdout.write(told)

    def _keys(self, organ: Unit) -> None:
        with scope.system():
            self._show(list(UnitKey.objects.filter(unit=organ).order_by("generation")))

    def _show(self, keys: list[UnitKey]) -> None:
        with scope.system():
            for key in keys:
                count = key.blobs.filter(shredded_at=None).count()
                state = {"active": _("for new files"), "retired": _("retired"), "destroyed": _("destroyed")}[key.state]
                text = _("generation %(number)s, %(state)s, files under it: %(count)s")
                self.stdout.write(text % {"number": key.generation, "state": state, "count": count})

    def _passphrase(self, file: Path) -> None:
        if not isinstance(settings.VAULT.keys, FolderPlace):
            raise CommandError(_("The keys are in a token: change its PIN with its maker's tools."))
        change_passphrase(settings.VAULT, file)
        self.stdout.write(_("Start the office again with LIENTHONG_VAULT_PASSPHRASE_FILE naming this file."))


def _organ(code: str) -> Unit:
    with scope.system():
        unit = Unit.objects.filter(code=code).first()
    if unit is None:
        raise CommandError(_("There is no unit with the code %(code)s.") % {"code": code})
    return unit
