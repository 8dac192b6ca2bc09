"""Addresses of the frame."""

from django.urls import path

from lienthong.office.core.views import home, preferences, styleguide

urlpatterns = [
    path("", home.home, name="home"),
    path("language", preferences.language, name="language"),
    path("theme", preferences.theme, name="theme"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
