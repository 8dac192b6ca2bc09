"""What of this room an organ leaves that goes into another one."""

from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.documents.models import Chain, Document
from lienthong.office.documents.states import State
from lienthong.office.organs import estates
from lienthong.office.organs.models import Unit

_NAME: Final = 150
_UNISSUED: Final = (State.DRAFT, State.SUBMITTED, State.APPROVED, State.SIGNED)


def register() -> None:
    """Have previews of mergers tell of it."""
    for each in (
        estates.Estate(
            key="documents",
            text=_("Documents of {unit} that the successor finds, reads and carries on; labelled ones are not counted:"
                   " {count}."),
            count=lambda unit: _open(unit).count(),
        ),
        estates.Estate(
            key="unissued",
            text=_("Of them drafts that the successor signs and issues as its own: {count}."),
            count=lambda unit: _open(unit).filter(state__in=_UNISSUED).count(),
        ),
    ):  # fmt: skip
        estates.register(each)
    estates.register_handing(take_up_chains)


def take_up_chains(source: Unit, target: Unit) -> None:
    """Let drafts go along the chains that there were: their positions have gone to the successor."""
    taken = set(Chain.objects.filter(organ=target, closed_at=None).values_list("name", flat=True))
    for chain in Chain.objects.filter(organ=source, closed_at=None):
        if chain.name in taken:
            # Codes are used once, names of organs are not.
            chain.name = f"{chain.name[:_NAME]} ({source.code})"
        chain.organ = target
        chain.save(update_fields=["name", "organ"])


def _open(unit: Unit) -> QuerySet[Document]:
    return Document.objects.filter(organ=unit, label__lt=Level.CONFIDENTIAL)
