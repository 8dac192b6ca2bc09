"""How allauth signs persons of this office in."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are given by administrators; nobody makes their own."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse everybody."""
        del request
        return False
