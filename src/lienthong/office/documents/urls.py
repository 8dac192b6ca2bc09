"""Addresses of this room."""

from django.urls import path

from lienthong.office.documents.lists import REGISTERS
from lienthong.office.documents.views import deeds, document, files, lists, organ, packets, relations, sent, viewer
from lienthong.office.documents.views.doing import PAGES

app_name = "documents"
urlpatterns = [
    path("", lists.register, name="mine"),
    path("new/", document.new, name="new"),
    *(path(f"{name}/", lists.register, {"name": name}, name=name) for name in REGISTERS if name != "mine"),
    path("ways/", organ.ways, name="ways"),
    path("chains/new/", organ.new_chain, name="chain_new"),
    path("chains/<int:chain_id>/close/", organ.end_chain, name="chain_close"),
    path("letterhead/", organ.letterhead, name="letterhead"),
    path("correspondents/new/", organ.new_correspondent, name="correspondent_new"),
    path("correspondents/<int:correspondent_id>/close/", organ.end_correspondent, name="correspondent_close"),
    path("packets/new/", packets.bring, name="packet_new"),
    path("periods/new/", organ.new_period, name="period_new"),
    path("numbers/keep/", organ.keep_number, name="number_keep"),
    path("<int:number>/", document.show, name="document"),
    path("<int:number>/sent/<int:dispatch_id>/", sent.dispatch, name="sent"),
    path("<int:number>/sent/<int:dispatch_id>/packet/", packets.packet, name="packet"),
    path("<int:number>/packet/", packets.make, name="packet_make"),
    path("<int:number>/answers/<int:answer_id>/", packets.answer, name="answer"),
    path("<int:number>/deliveries/<int:delivery_id>/", sent.delivery_proof, name="delivery"),
    path("<int:number>/deliveries/<int:delivery_id>/<int:index>/", sent.delivery_record, name="delivery_record"),
    path("<int:number>/proof/", sent.arrival_proof, name="proof"),
    path("<int:number>/proof/<int:index>/", sent.arrival_record, name="proof_record"),
    path("<int:number>/comment/", document.remark, name="comment"),
    path("<int:number>/relations/", relations.add, name="relations"),
    path("<int:number>/relations/<int:relation_id>/remove/", relations.remove, name="relation_remove"),
    path("<int:number>/files/add/", files.add, name="file_add"),
    path("<int:number>/files/<int:file_id>/", files.download, name="file"),
    path("<int:number>/files/<int:file_id>/remove/", files.remove, name="file_remove"),
    path("<int:number>/files/<int:file_id>/preview/", files.preview, name="file_preview"),
    path("<int:number>/files/<int:file_id>/view/", viewer.show, name="file_view"),
    *(path(f"<int:number>/{deed.value}/", deeds.deed, {"name": deed.value}, name=deed.value) for deed in PAGES),
]
