"""Addresses of the pages of tokens."""

from django.urls import URLPattern, path

from lienthong.office.api import pages

app_name = "tokens"
urlpatterns: list[URLPattern] = [
    path("", pages.listed, name="tokens"),
    path("new/", pages.new_personal, name="new"),
    path("new-system/", pages.new_system, name="new-system"),
    path("<int:number>/withdraw/", pages.revoked, name="withdraw"),
]
