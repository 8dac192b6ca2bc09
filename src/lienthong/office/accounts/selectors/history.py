"""What was done to an account, as core/history.html shows it."""

from typing import Any, Final

from django.db.models import QuerySet

from lienthong.office.accounts.events import TITLES, Kind
from lienthong.office.accounts.models import Person
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.models import AuditEntry
from lienthong.office.core.policies import Permission, may

_SHOWN: Final = 20
_CLEARANCES: Final = (Kind.GRANT_CLEARANCE, Kind.REVOKE_CLEARANCE, Kind.NAME_UNIT, Kind.WITHDRAW_UNIT)


def _all(reader: Actor | Reader, *, number: int) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(object_type="accounts.person", object_id=number, label__lte=reader.clearance)


ALL: Final = Compiled(lambda reader, number: _all(reader, number=number)[:_SHOWN])
OPEN: Final = Compiled(lambda reader, number: _all(reader, number=number).exclude(kind__in=_CLEARANCES)[:_SHOWN])


def of(actor: Actor, person: Person) -> list[dict[str, Any]]:
    """Return the latest entries about a person, for whoever looks after the account or audits it.

    Clearances are left out for whoever may not know them.
    """
    query = ALL if may(actor, Permission.CLEARANCE_VIEW, person) else OPEN
    with scope.system():
        return [_entry(each) for each in query.models(actor, number=person.pk)]


def _entry(entry: AuditEntry) -> dict[str, Any]:
    old, new = entry.old or {}, entry.new or {}
    return {
        "at": entry.at,
        "who": entry.person_name,
        "acting_as": entry.acting_as,
        "on_behalf_of": entry.on_behalf_of,
        "what": TITLES.get(entry.kind, entry.kind),
        "changes": [{"name": name, "old": old.get(name, ""), "new": new.get(name, "")} for name in {**old, **new}],
    }
