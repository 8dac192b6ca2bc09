"""Forms on the way in."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.forms import UserTokenForm as AllauthUserTokenForm
from django.http import HttpRequest

from lienthong.office.accounts import tasks
from lienthong.office.accounts.models import Person
from lienthong.office.core import scope


class ResetPasswordForm(AllauthResetPasswordForm):  # type: ignore[misc]  # allauth ships no types
    """Asks for a link to choose a new password. Does the same for every address, known or not."""

    def clean_email(self) -> str:
        """Return the address without looking it up: the time that takes would tell."""
        address: str = self.cleaned_data["email"].lower()
        return address

    def save(self, request: HttpRequest, **more: object) -> str:
        """Leave the rest to the background."""
        del request, more
        address: str = self.cleaned_data["email"]
        tasks.send_reset.defer(email=address)
        return address


class UserTokenForm(AllauthUserTokenForm):  # type: ignore[misc]  # allauth ships no types
    """Checks the link to choose a new password."""

    def _get_user(self, uidb36: str) -> Person | None:
        """Return whose link it is, also while somebody else is signed in on the device."""
        with scope.using(scope.SIGN_IN):
            person: Person | None = super()._get_user(uidb36)
        return person

    def clean(self) -> dict[str, Any]:
        """Refuse links of accounts that were suspended or dismissed meanwhile."""
        cleaned: dict[str, Any] = super().clean()
        if not self.reset_user.is_active:
            raise get_adapter().validation_error("invalid_password_reset")
        return cleaned
