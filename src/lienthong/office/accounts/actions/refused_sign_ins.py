"""What the trail keeps of attempts to sign in that failed."""

from dataclasses import replace
from enum import StrEnum

from django.db import transaction

from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Person
from lienthong.office.core import audit, scope
from lienthong.office.core.actor import SYSTEM


class Step(StrEnum):
    """Where somebody failed."""

    PASSWORD = "password"  # noqa: S105 - the name of a step
    # With the right password before it.
    CODE = "code"


@transaction.atomic
def record_refused_sign_in(*, person_id: int, step: Step, address: str | None) -> None:
    """Tell the auditors of a person's organ that somebody failed to sign in as them.

    Nothing of what was typed is kept. That it stays few is the rate limits' work (``ACCOUNT_RATE_LIMITS``): five for
    each account in five minutes.

    Args:
        person_id: as whom; 0 for an address without an account, of which nothing is written.
        step: at which step.
        address: where from.
    """
    with scope.system():
        person = Person.objects.filter(pk=person_id).first()
        if person is not None:
            # Whoever it was is not known, so it is the installation that tells.
            actor = replace(SYSTEM, address=address)
            audit.record(actor=actor, kind=Kind.SIGN_IN_REFUSED, obj=person, new={"step": step.value})
