"""``python -m django signers``: open every key that signs, for whoever operates the office."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from lienthong.kernel.errors import LienthongError
from lienthong.office.documents.signers import names, open_kept
from lienthong.signatures.signers import Signer, check_current


class Command(BaseCommand):
    """Open every key that signs; exit status 1 if one cannot be used."""

    help = "Open every key that signs and say what is wrong with it; exit status 1 if one cannot be used."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - the signature of Django's own
        """Do it."""
        del args, options
        wrong = [name for name in names() if not self._tell(name)]
        if wrong:
            raise CommandError(_("These keys cannot be used: {names}").format(names=", ".join(wrong)))

    def _tell(self, name: str) -> bool:
        try:
            signer = open_kept(name)
            if signer is not None:
                check_current(signer, datetime.now(UTC))
        except (LienthongError, OSError) as error:
            self.stderr.write(f"{name}: {error}")
            return False
        self.stdout.write(f"{name}: {_described(signer)}")
        return True


def _described(signer: Signer | None) -> str:
    if signer is None:
        return _("the file has gone")
    end = signer.certificate.not_valid_after_utc
    return f"{signer.certificate.subject.rfc4514_string()} → {end:%Y-%m-%d}"
