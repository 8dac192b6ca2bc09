"""Lists of persons that somebody brought."""

from datetime import timedelta
from typing import Final

from django.db.models import Count, QuerySet
from django.utils.timezone import now
from django.utils.translation import gettext as _

from lienthong.office.accounts.models import Effect, Person, PersonImport, PersonImportRow
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid, NotFound

_KEPT: Final = timedelta(days=30)


def own(actor: Actor, import_id: int, *, locked: bool = False) -> PersonImport:
    """Return a list that somebody brought themselves; others' are nobody's business.

    Raises:
        NotFound: there is none of that number.
    """
    runs = PersonImport.objects.defer("content").filter(person_id=actor.person_id, pk=import_id)
    with scope.act_for(actor):
        run = (runs.select_for_update() if locked else runs).first()
    if run is None:
        raise NotFound(f"import {import_id}")
    return run


def counts(run: PersonImport) -> dict[Effect, int]:
    """Return how many rows have which effect."""
    found = dict.fromkeys(Effect, 0)
    for effect, number in run.rows.values_list("effect").annotate(Count("pk")):
        found[Effect(effect)] = number
    return found


def rows(run: PersonImport, effect: Effect | None) -> QuerySet[PersonImportRow, PersonImportRow]:
    """Return the rows in their order; all, or those with one effect."""
    found = run.rows.select_related("organ", "position").order_by("number")
    return found if effect is None else found.filter(effect=effect)


def to_write(run: PersonImport) -> QuerySet[PersonImportRow, PersonImportRow]:
    """Return the rows that change something and are not written yet, in their order."""
    left = run.rows.filter(effect__in=(Effect.INVITE, Effect.CHANGE), written=False)
    return left.select_related("organ", "position").order_by("number")


def person_to_change(row: PersonImportRow) -> Person:
    """Return the person of a row's address.

    Raises:
        Invalid: there is none any more.
    """
    person = Person.objects.filter(email=row.email).first()
    if person is None:
        raise Invalid(row.email, hint=_("The account has got another address meanwhile."))
    return person


def person_of(run: PersonImport) -> Person:
    """Return who brought a list."""
    return Person.objects.get(pk=run.person_id)


def old() -> QuerySet[PersonImport, PersonImport]:
    """Return the lists that need not be kept any longer."""
    return PersonImport.objects.filter(created_at__lt=now() - _KEPT)


def language_of(import_id: int) -> str:
    """Return the language of whoever brought a list."""
    with scope.system():
        return PersonImport.objects.values_list("person__language", flat=True).get(pk=import_id)
