"""Addresses under /account/: signing in, and what belongs to one's own account."""

from django.urls import URLPattern, URLResolver, include, path

from lienthong.office.accounts.views import acting, my_account, sign_in

# Accounts and their addresses are given by administrators, and no account of elsewhere is bound to one.
_CLOSED = ("signup/", "email/", "confirm-email/", "confirm-email/<key>/", "3rdparty/", "3rdparty/signup/")
urlpatterns: list[URLPattern | URLResolver] = [
    path("", my_account.my_account, name="my_account"),
    path("acting/", acting.acting, name="acting"),
    path("invitation/", sign_in.invitation, name="invitation"),
    path("invitation/<token>/", sign_in.invitation_link, name="invitation_link"),
    path("protect/", sign_in.protect, name="protect"),
    path("oidc/<provider_id>/login/", sign_in.single_sign_on, name="single_sign_on"),
    *(path(closed, sign_in.closed) for closed in _CLOSED),
    path("", include("allauth.urls")),
]
