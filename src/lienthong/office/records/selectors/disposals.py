"""Disposals as their readers see them."""

from django.db.models import Count, QuerySet

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.records.models import Disposal, DisposalFile
from lienthong.office.records.policies import disposals as visible
from lienthong.office.records.policies import may_decide, may_refuse


def disposals(actor: Actor) -> QuerySet[Disposal]:
    """Return the disposals an actor sees, each with its number of files."""
    return Disposal.objects.filter(visible(actor)).annotate(number=Count("files"))


def disposal(actor: Actor, number: int) -> Disposal:
    """Return one of them.

    Raises:
        NotFound: there is none of that number that they may see.
    """
    found = disposals(actor).select_related("organ", "proposed_by__position").filter(pk=number).first()
    if found is None:
        raise NotFound(str(number))
    return found


def files_of(found: Disposal) -> list[DisposalFile]:
    """Return the files of a disposal that the reader sees: the database filters them."""
    # The join leaves out what the policy of the other table hides.
    return list(found.files.select_related("file"))


def decides(actor: Actor, found: Disposal) -> tuple[bool, bool]:
    """Return whether the actor may approve a disposal, and whether they may refuse it."""
    with scope.system():
        return may_decide(actor, found), may_refuse(actor, found)


def number_of(found: Disposal) -> int:
    """Return how many files a disposal has, whoever sees them."""
    return DisposalFile.objects.filter(disposal=found).count()
