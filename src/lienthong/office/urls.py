"""Every address of the office."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("allauth.urls")),
    path("", include("lienthong.office.core.urls")),
    path("units/", include("lienthong.office.organs.urls")),
    path("persons/", include("lienthong.office.accounts.urls")),
]
