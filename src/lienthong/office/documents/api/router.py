"""All endpoints of documents."""

from ninja import Router

from lienthong.office.documents.api import api, arriving, drafts, files, leaving, relations

router = Router()
for each in (api, drafts, relations, files, leaving, arriving):
    router.add_router("", each.router)
