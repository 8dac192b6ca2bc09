"""What lets somebody in, taken away: sessions, tokens, second factors, clearances."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.actions.passwords import end_access
from lienthong.office.accounts.actions.rules import controlled
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Clearance, NeedToKnow, Person
from lienthong.office.core import audit, scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json
from lienthong.office.core.errors import Invalid, NotFound


def distrust(*, actor: Actor, person: Person) -> None:
    """Take from a person whose way in was changed by somebody else what only they themselves were trusted with.

    Sessions and tokens end. The clearance goes: a security officer who has met the person grants it again. Part of
    other actions: needs their transaction and the scope of the system.
    """
    end_access(person.pk)
    revoked = Clearance.objects.filter(person=person, revoked_at=None).update(revoked_at=now())
    named, _kinds = NeedToKnow.objects.filter(person=person).delete()
    if revoked or named:
        audit.record(actor=actor, kind=Kind.REVOKE_CLEARANCE, obj=person, new={"units": named}, label=Level.INTERNAL)


@transaction.atomic
def reset_second_factor(*, actor: Actor, person_id: int, revision: int) -> Person:
    """Take all second factors from somebody who has lost theirs; they set up new ones after signing in by password.

    Raises:
        NotFound, Forbidden, Conflict: as ``rules.controlled``.
        Invalid: there is none.
    """
    person = controlled(actor=actor, person_id=person_id, revision=revision)
    with scope.system():
        number, _kinds = Authenticator.objects.filter(user_id=person.pk).delete()
        if not number:
            raise Invalid(person.name, hint=_("This account has no second step to reset."))
        person.revision += 1
        person.save(update_fields=["revision"])
        audit.record(actor=actor, kind=Kind.SECOND_FACTOR_RESET, obj=person)
        distrust(actor=actor, person=person)
    return person


@transaction.atomic
def sign_out_everywhere(*, actor: Actor, person_id: int, revision: int) -> Person:
    """End every session and token of a person.

    Raises:
        NotFound, Forbidden, Conflict: as ``rules.controlled``.
    """
    person = controlled(actor=actor, person_id=person_id, revision=revision)
    with scope.system():
        end_access(person.pk)
        audit.record(actor=actor, kind=Kind.SIGN_OUT, obj=person)
    return person


@transaction.atomic
def end_session(*, actor: Actor, person_id: int, session_id: int) -> Person:
    """End one session of a person; the others and the tokens stay.

    Args:
        actor: their administrator. One's own sessions are ended under ``/account/sessions/``.
        person_id: whose.
        session_id: which, as ``selectors.sessions.of`` lists them.

    Raises:
        NotFound, Forbidden: as ``rules.controlled``; also when it has ended, or is somebody else's.
    """
    person = controlled(actor=actor, person_id=person_id, revision=None)
    with scope.system():
        session = UserSession.objects.select_for_update().filter(user_id=person.pk, pk=session_id).first()
        if session is None:
            raise NotFound(f"session {session_id}")
        Session.objects.filter(session_key=session.session_key).delete()
        old: dict[str, Json] = {"address": session.ip, "since": session.created_at.isoformat(timespec="seconds")}
        session.delete()
        audit.record(actor=actor, kind=Kind.SESSION_END, obj=person, old=old)
    return person
