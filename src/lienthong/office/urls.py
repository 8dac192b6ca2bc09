"""Every address of the office."""

from django.urls import URLPattern, URLResolver, include, path

from lienthong.office.operation.admin import SITE

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("lienthong.office.accounts.sign_in_urls")),
    path("", include("lienthong.office.core.urls")),
    path("documents/", include("lienthong.office.documents.urls")),
    path("records/", include("lienthong.office.records.urls")),
    path("members/", include("lienthong.office.members.urls")),
    path("units/", include("lienthong.office.organs.urls")),
    path("persons/", include("lienthong.office.accounts.urls")),
    path("trail/", include("lienthong.office.trail.urls")),
    path("tokens/", include("lienthong.office.api.page_urls")),
    path("admin/", SITE.urls),
    path("api/", include("lienthong.office.api.urls")),
]
handler400 = "lienthong.office.core.views.errors.bad_request"
handler403 = "lienthong.office.core.views.errors.permission_denied"
handler404 = "lienthong.office.core.views.errors.page_not_found"
handler500 = "lienthong.office.core.views.errors.server_error"
# allauth's own, not Django's.
handler429 = "lienthong.office.core.views.errors.too_many_requests"
