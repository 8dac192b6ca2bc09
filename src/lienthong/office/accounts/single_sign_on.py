"""How somebody whom another system vouches for is let in."""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from lienthong.office.accounts.selectors import sign_in


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Whoever has an account here may come in by it; nobody gets one, and no other account is bound to it."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ANN401 - allauth ships no types
        """Refuse everybody."""
        del request, sociallogin
        return False

    def authenticate_by_email(self, sociallogin: Any) -> None:  # noqa: ANN401 - allauth ships no types
        """Let allauth not do it: it would erase the password of an address that it has not verified itself."""
        del sociallogin

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:  # noqa: ANN401 - allauth ships no types
        """Find the person by the address that the other system has verified.

        Raises:
            ImmediateHttpResponse: it vouches for no address, or there is no such account.
        """
        # Some systems send the word "false", which is true to Python.
        addresses = [each.email for each in sociallogin.email_addresses if each.verified is True]
        person = sign_in.person_by_email(addresses[0]) if addresses else None
        if person is None or not person.is_active or sociallogin.state.get("process") != "login":
            messages.error(request, _("No active account here has this address. Ask the administrator of your organ."))
            raise ImmediateHttpResponse(redirect("account_login"))
        sociallogin.user = person
