"""Mails of accounts, sent in the background.

A link that lets somebody in is made here, when it is sent, so that it stands in no table: not of jobs either.
"""

from typing import Final
from urllib.parse import urljoin

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from lienthong.office.accounts.actions import refused_sign_ins
from lienthong.office.accounts.actions.invitations import new_token
from lienthong.office.accounts.models import Person
from lienthong.office.accounts.selectors.imports import language_of
from lienthong.office.accounts.selectors.sign_in import person_by_email
from lienthong.office.core import scope

# Half an hour, in steps that grow: a server of mails that restarts loses nothing.
_AGAIN: Final = RetryStrategy(max_attempts=8, exponential_wait=4)
PREFIX: Final = "[Liên thông] "


@app.task(name="accounts.send_mail", retry=_AGAIN)
def send_mail(*, subject: str, body: str, email: str) -> None:
    """Send a mail that holds no secret."""
    EmailMessage(subject=subject, body=body, to=[email]).send()


@app.task(name="accounts.send_reset", retry=_AGAIN)
def send_reset(*, email: str) -> None:
    """Send the link to choose a new password, if there is an active account of that address.

    Whoever asks for it learns nothing of that: the page only leaves this job, always.
    """
    person = person_by_email(email)
    if person is None or not person.is_active:
        return
    key = default_token_generator.make_token(person)
    place = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(person), "key": key})
    with override(person.language):
        body = render_to_string("accounts/mail/reset.txt", {"person": person, "url": _absolute(place)})
        _send(_("Choose a new password"), body, person.email)


@app.task(name="accounts.send_invitation", retry=_AGAIN)
def send_invitation(*, invitation_id: int) -> None:
    """Send the link by which an invited person begins, unless the invitation is over."""
    with scope.system():
        made = new_token(invitation_id)
    if made is None:
        return
    invitation, token = made
    person = invitation.person
    with override(person.language):
        context = {
            "person": person,
            "organ": person.organ,
            "url": _absolute(reverse("invitation_link", kwargs={"token": token})),
            "until": invitation.expires_at,
        }
        _send(_("Your account"), render_to_string("accounts/mail/invitation.txt", context), person.email)


@app.task(name="accounts.record_refused_sign_in", retry=_AGAIN)
def record_refused_sign_in(*, person_id: int, step: str, address: str | None) -> None:
    """Write down that somebody failed to sign in.

    It is left here for known and unknown addresses alike: the time that a page takes must not tell which it is.
    """
    refused_sign_ins.record_refused_sign_in(person_id=person_id, step=refused_sign_ins.Step(step), address=address)


def _absolute(place: str) -> str:
    return urljoin(settings.PUBLIC_URL, place)


def _send(subject: str, body: str, email: str) -> None:
    EmailMessage(subject=PREFIX + subject, body=body, to=[email]).send()


def tell_old_address(*, person: Person, email: str) -> None:
    """Leave a mail to the address that an account had until now."""
    with override(person.language):
        body = render_to_string("accounts/mail/address_changed.txt", {"person": person})
        send_mail.defer(subject=PREFIX + _("The address of your account was changed"), body=body, email=email)


@app.task(name="accounts.check_import")
def check_import(*, import_id: int) -> None:
    """Find out what each row of a list of persons would do."""
    from lienthong.office.accounts.actions import imports  # noqa: PLC0415 - its actions leave tasks themselves

    with override(language_of(import_id)):
        imports.check_import(import_id)


@app.task(name="accounts.run_import", retry=_AGAIN)
def run_import(*, import_id: int) -> None:
    """Write a checked list of persons."""
    from lienthong.office.accounts.actions import imports  # noqa: PLC0415 - the same

    with override(language_of(import_id)):
        imports.run_import(import_id)


@app.periodic(cron="17 3 * * *")
@app.task(name="accounts.forget_imports")
def forget_imports(timestamp: int) -> None:
    """Delete old lists, every night."""
    from lienthong.office.accounts.actions import imports  # noqa: PLC0415 - the same

    del timestamp
    imports.forget_imports()
