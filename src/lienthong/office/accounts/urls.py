"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from lienthong.office.accounts.views import deed, holdings, imports, persons
from lienthong.office.accounts.views.deeds import DEEDS

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", persons.listed, name="persons"),
    path("invite/", persons.invite, name="invite"),
    path("import/", imports.upload, name="import"),
    path("import/template/", imports.template, name="import-template"),
    path("import/<int:import_id>/", imports.shown, name="import-shown"),
    path("<int:person_id>/", persons.shown, name="person"),
    path("<int:person_id>/appoint/", holdings.appoint, name="appoint"),
    path("<int:person_id>/appointments/<int:appointment_id>/end/", holdings.end_appointment, name="end-appointment"),
    path("<int:person_id>/appointments/<int:appointment_id>/main/", holdings.make_main, name="make-main"),
    path("<int:person_id>/appointments/<int:appointment_id>/substitute/", holdings.substitute, name="substitute"),
    path("<int:person_id>/units/<int:unit_id>/withdraw/", holdings.withdraw_unit, name="withdraw-unit"),
    path("<int:person_id>/sessions/<int:session_id>/end/", holdings.end_session, name="end-session"),
    path("substitutions/<int:substitution_id>/end/", holdings.end_substitution, name="end-substitution"),
    *(path(f"<int:person_id>/{name}/", deed.deed, {"name": name}, name=name) for name in DEEDS),
]
