"""What allauth tells of: kept in the audit trail and in the session."""

from typing import Any

from allauth.account.signals import user_logged_in
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.http import HttpRequest

from lienthong.office.accounts import tasks
from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.actions.refused_sign_ins import Step
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Person
from lienthong.office.accounts.network import address_of
from lienthong.office.accounts.second_factor import SESSION_KEY
from lienthong.office.accounts.selectors import sign_in
from lienthong.office.core import audit, scope


def connect() -> None:
    """Listen, once Django stands."""
    user_logged_in.connect(_signed_in, dispatch_uid="accounts")
    user_login_failed.connect(_password_refused, dispatch_uid="accounts")
    authentication_failed.connect(_code_refused, dispatch_uid="accounts")
    authenticator_added.connect(_factor_added, dispatch_uid="accounts")
    authenticator_removed.connect(_factor_removed, dispatch_uid="accounts")


def _signed_in(request: HttpRequest, user: Person, **more: Any) -> None:  # noqa: ANN401 - allauth ships no types
    del more
    request.session[SESSION_KEY] = sign_in.has_second_factor(user.pk)
    _record(request, user, Kind.SIGN_IN)


def _password_refused(credentials: dict[str, str], request: HttpRequest | None = None, **more: Any) -> None:  # noqa: ANN401 - Django's signal
    del more
    person = sign_in.person_by_email(credentials.get("email", ""))
    _refused(request, person.pk if person else 0, Step.PASSWORD)


def _code_refused(request: HttpRequest, user: Person, **more: Any) -> None:  # noqa: ANN401 - allauth ships no types
    del more
    _refused(request, user.pk, Step.CODE)


def _refused(request: HttpRequest | None, person_id: int, step: Step) -> None:
    address = address_of(request) if request else None
    tasks.record_refused_sign_in.defer(person_id=person_id, step=step.value, address=address)


def _factor_added(request: HttpRequest, user: Person, authenticator: Any, **more: Any) -> None:  # noqa: ANN401 - the same
    del more
    request.session[SESSION_KEY] = sign_in.has_second_factor(user.pk)
    _record(request, user, Kind.SECOND_FACTOR_ADD, new={"type": str(authenticator.type)})


def _factor_removed(request: HttpRequest, user: Person, authenticator: Any, **more: Any) -> None:  # noqa: ANN401 - the same
    del more
    request.session[SESSION_KEY] = sign_in.has_second_factor(user.pk)
    _record(request, user, Kind.SECOND_FACTOR_REMOVE, old={"type": str(authenticator.type)})


def _record(request: HttpRequest, person: Person, kind: Kind, **change: dict[str, str]) -> None:
    with transaction.atomic(), scope.system():
        actor = actor_of(person, address=address_of(request))
        audit.record(actor=actor, kind=kind, obj=person, old=change.get("old"), new=change.get("new"))
