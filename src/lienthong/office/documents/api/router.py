"""All endpoints of documents."""

from ninja import Router

from lienthong.office.documents.api import api, arriving, drafts, files, leaving

router = Router()
for each in (api, drafts, files, leaving, arriving):
    router.add_router("", each.router)
