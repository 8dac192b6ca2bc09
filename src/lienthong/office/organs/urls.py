"""Addresses of this room."""

from django.urls import path

from lienthong.office.organs.views import imports, lists, merging, positions, reviews, shaping, tree, unit

app_name = "organs"
urlpatterns = [
    path("", tree.tree, name="tree"),
    path("list/", lists.units, name="list"),
    path("branches/<int:number>/", tree.branch, name="branch"),
    path("pick/", shaping.pick, name="pick"),
    path("import/", imports.bring, name="import"),
    path("import/<int:number>/", imports.confirm, name="import_confirm"),
    path("new/", shaping.new, name="new_top"),
    path("successions/", lists.reviews, name="reviews"),
    path("successions/<int:number>/", reviews.review, name="review"),
    path("positions/<int:number>/", positions.change, name="position"),
    path("positions/<int:number>/close/", positions.close, name="position_close"),
    path("<int:number>/", unit.unit, name="unit"),
    path("<int:number>/new/", shaping.new, name="new"),
    path("<int:number>/positions/new/", positions.new, name="position_new"),
    path("<int:number>/rename/", shaping.rename, name="rename"),
    path("<int:number>/move/", shaping.move, name="move"),
    path("<int:number>/merge/", merging.merge, name="merge"),
    path("<int:number>/split/", merging.split, name="split"),
    path("<int:number>/close/", shaping.close, name="close"),
    path("<int:number>/label/", shaping.label, name="label"),
]
