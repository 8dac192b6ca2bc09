"""Addresses of the frame."""

from django.urls import path

from lienthong.office.core.views import home, notifications, preferences, search, styleguide

urlpatterns = [
    path("", home.home, name="home"),
    path("language", preferences.language, name="language"),
    path("theme", preferences.theme, name="theme"),
    path("notifications/", notifications.page, name="notifications"),
    path("notifications/list", notifications.piece, name="notification-list"),
    path("notifications/read", notifications.read_all, name="notifications-read"),
    path("notifications/mail", notifications.choose_mail, name="notifications-mail"),
    path("notifications/<int:note>/", notifications.open_one, name="notification"),
    path("search", search.results, name="search"),
    path("search/suggestions", search.suggestions, name="suggestions"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
