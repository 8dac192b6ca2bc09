"""How allauth signs persons of this office in."""

import time
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import override

from lienthong.office.accounts import tasks
from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.actions.passwords import set_password
from lienthong.office.accounts.models import Person
from lienthong.office.accounts.network import address_of

_SUBJECT_LENGTH: Final = 200


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are given by administrators; nobody makes their own."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse everybody."""
        del request
        return False

    def set_password(self, user: Person, password: str) -> None:
        """Give a person a password, which ends all of their sessions and tokens."""
        # Whoever forgot the password has no session, and acts as what they would act as.
        actor = actor_of(user, address=address_of(self.request))
        set_password(actor=actor, person=user, password=password)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return from where attempts are counted. An address that is not known is one for all who have none."""
        return address_of(request) or "unknown"

    def is_reauthentication_required(self, *, app: str, **more: object) -> bool:
        """Tell whether to ask for the password again: not from whoever has just signed in."""
        if not super().is_reauthentication_required(app=app, **more):
            return False
        since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        records = get_authentication_records(self.request, self.request.user)
        return not any(record.get("at", 0) > since for record in records)

    def format_email_subject(self, subject: str) -> str:
        """Name the office; never what stands in the address of the request."""
        return (tasks.PREFIX + subject)[:_SUBJECT_LENGTH]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Leave a mail to the background: a server of mails that is slow or away holds up no page.

        Only mails that hold no secret come this way: jobs are kept for a while.
        """
        site = {"name": "Liên thông", "domain": settings.PUBLIC_URL}
        known = {"request": self.request, "email": email, "current_site": site}
        message = self.render_mail(template_prefix, email, known | context)
        tasks.send_mail.defer(subject=message.subject, body=message.body, email=email)

    def send_notification_mail(
        self, template_prefix: str, user: Person, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell a person, in the language they read mails in, what was changed about their way in."""
        with override(user.language):
            super().send_notification_mail(template_prefix, user, context, email)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: str) -> str:
        """Return under what failed attempts are counted: the account alone.

        Allauth would add the host that the request names, and thereby its port, which whoever guesses may choose.
        """
        del request
        return f"account:{credentials.get('email', '').strip().lower()}"
