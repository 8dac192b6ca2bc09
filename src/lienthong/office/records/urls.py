"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from lienthong.office.records.views import deed, disposals, file, lists
from lienthong.office.records.views.deeds import PAGES

app_name = "records"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", lists.files, name="files"),
    path("mine/", lists.mine, name="mine"),
    path("submission/", lists.submission, name="submission"),
    path("disposals/", lists.disposals, name="disposals"),
    path("disposals/new/", disposals.new, name="propose"),
    path("disposals/<int:number>/", disposals.shown, name="disposal"),
    path("disposals/<int:number>/approve/", disposals.approve, name="disposal_approve"),
    path("disposals/<int:number>/refuse/", disposals.refuse, name="disposal_refuse"),
    path("disposals/<int:number>/certificate/", disposals.as_pdf, name="certificate"),
    path("new/", file.new, name="new"),
    path("<int:number>/", file.shown, name="file"),
    path("<int:number>/add/", file.add, name="add"),
    path("<int:number>/items/<int:item>/pages/", file.pages, name="item_pages"),
    path("<int:number>/items/<int:item>/remove/", file.remove, name="item_remove"),
    *(path(f"<int:number>/{each.value}/", deed.deed, {"name": each.value}, name=each.value) for each in PAGES),
]
