"""Addresses of this room."""

from django.urls import URLPattern

app_name = "organs"
urlpatterns: list[URLPattern] = []
