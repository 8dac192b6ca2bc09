"""Addresses of the frame."""

from django.urls import path

from lienthong.office.core import views

urlpatterns = [path("", views.home, name="home")]
