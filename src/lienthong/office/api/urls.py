"""Addresses of the API."""

from django.urls import path, re_path

from lienthong.office.api import views
from lienthong.office.api.root import api

urlpatterns = [
    path("v1/openapi.json", views.openapi, name="openapi"),
    path("v1/", api.urls),
    re_path(r"^.*\Z", views.unknown, name="api_unknown"),
]
