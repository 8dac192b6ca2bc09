"""Addresses of this room."""

from django.urls import URLPattern, path

from lienthong.office.trail import views

app_name = "trail"
urlpatterns: list[URLPattern] = [
    path("", views.listed, name="trail"),
    path("<int:number>/", views.shown, name="entry"),
]
