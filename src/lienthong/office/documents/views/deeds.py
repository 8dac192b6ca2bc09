"""One page for every deed: it asks for what the deed needs, and does it."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from lienthong.office.accounts.views.common import acting_in, carry_out
from lienthong.office.documents.models import Document
from lienthong.office.documents.policies import require
from lienthong.office.documents.selectors.documents import document, parts
from lienthong.office.documents.states import DEEDS, Deed
from lienthong.office.documents.views.document import crumbs, form_page
from lienthong.office.documents.views.doing import PAGES


@form_page
@login_required
def deed(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """Ask for what a deed needs, and do it."""
    actor = acting_in(request)
    page = PAGES.get(Deed(name)) if name in set(Deed) else None
    if page is None:
        raise Http404
    wanted, found = Deed(name), document(actor, number)
    # Before anything is shown: the action asks once more.
    require(found, wanted, parts(actor, found))
    title = str(DEEDS[wanted].title)
    context = {
        "title": title, "submit": title, "cancel_url": f"/documents/{found.pk}/", "grave": page.grave,
        "crumbs": crumbs(found, title), "intro": "" if page.form.base_fields.keys() > {"revision"} else _intro(found),
    }  # fmt: skip
    return carry_out(
        request,
        make=lambda data=None: page.form(
            data, files=request.FILES if data is not None else None, actor=actor, document=found
        ),
        run=lambda facts: page.run(actor, found, facts),
        page=context,
        done=_("Done: {deed}").format(deed=title),
    )


def _intro(found: Document) -> str:
    return f"{found.number} {found.subject}".strip()
