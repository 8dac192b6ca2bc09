"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from lienthong.office.members.views import assigning, card, changes, failing, people, review

app_name = "members"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", card.top, name="top"),
    path("card/<area>/", card.shown, name="card"),
    path("people/", people.listed, name="people"),
    path("people/<int:number>/", people.shown, name="member"),
    path("review/", review.listed, name="review"),
    path("review/<int:number>/", review.shown, name="item"),
    path("decisions/", review.decisions, name="decisions"),
    path("decisions/export/", review.exported, name="export"),
    path("decisions/<int:number>/", review.decision, name="decision"),
    *(
        path(f"decisions/<int:number>/{name}/", review.settle, {"name": name}, name=name)
        for name in ("confirm", "refuse", "undo")
    ),
    path("failing/", failing.listed, name="failing"),
    path("failing/sheet/", failing.sheet, name="sheet"),
    path("failing/<int:number>/", failing.shown, name="failure"),
    path("rules/<rule>/assign/", assigning.give, name="assign"),
    path("fixes/<rule>/", failing.fix, name="fix"),
    path("assignments/", assigning.listed, name="assignments"),
    path("changes/", changes.listed, name="changes"),
    path("changes/import/", changes.imported, name="import"),
    path("changes/<int:number>/", changes.shown, name="change"),
    path("people/<int:number>/change/", changes.one, name="propose"),
    path("purpose/", people.purpose, name="purpose"),
]
