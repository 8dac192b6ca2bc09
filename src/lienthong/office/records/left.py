"""What of this room an organ leaves that goes into another one."""

from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.organs import estates
from lienthong.office.organs.models import Unit
from lienthong.office.records.models import WorkFile


def register() -> None:
    """Have previews of mergers tell of it."""
    text = _("Work files of {unit} that the successor keeps; labelled ones are not counted: {count}.")
    estates.register(estates.Estate(key="workfiles", text=text, count=_open))


def _open(unit: Unit) -> int:
    return WorkFile.objects.filter(organ=unit, label__lt=Level.CONFIDENTIAL).count()
