"""Acting in another position."""

from django.db import transaction

from lienthong.office.accounts.choices import Choice, choices, key_of
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.selectors.sign_in import person_by_id
from lienthong.office.core import audit, scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Forbidden


@transaction.atomic
def act_as(*, actor: Actor, key: str) -> Choice:
    """Act in another position that one holds, or substitutes in, today.

    Args:
        actor: who, as until now.
        key: of the position, as in ``choices``.

    Raises:
        Forbidden: it is not theirs, not yet, or no longer.
    """
    chosen = next((each for each in choices(actor.person_id) if each.key == key), None)
    if chosen is None:
        raise Forbidden(key[:20])
    with scope.system():
        audit.record(
            actor=actor,
            kind=Kind.ACT_AS,
            obj=person_by_id(actor.person_id),
            old={"as": key_of(actor)},
            new={"as": key, "position": chosen.position, "organ": chosen.organ, "for": chosen.on_behalf_of},
        )
    return chosen
