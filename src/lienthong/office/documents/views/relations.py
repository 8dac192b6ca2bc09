"""What a draft replies to and rests on: find documents by number or words, choose, take back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lienthong.office.accounts.views.common import acting_in, carry_out
from lienthong.office.core.actor import Actor
from lienthong.office.core.search import TEXT_LENGTH
from lienthong.office.core.text import tidy
from lienthong.office.documents.actions.relating import relate, unrelate
from lienthong.office.documents.forms_relations import RelateForm
from lienthong.office.documents.models import Document, Relation
from lienthong.office.documents.policies import require
from lienthong.office.documents.selectors import choices
from lienthong.office.documents.selectors.documents import document, parts
from lienthong.office.documents.states import Deed
from lienthong.office.documents.views.document import crumbs, form_page


@form_page
@login_required
def add(request: HttpRequest, number: int) -> HttpResponse:
    """Find documents, and say how the draft stands to them."""
    actor = acting_in(request)
    found = _draft(actor, number)
    text = tidy(request.GET.get("q", "")[: 2 * TEXT_LENGTH])[:TEXT_LENGTH]

    def run(facts: dict[str, Any]) -> None:
        relate(
            actor=actor, document=found, kind=Relation.Kind(facts["kind"]),
            others=frozenset(facts.get("documents") or ()), number=facts["number"],
        )  # fmt: skip

    title = _("Related documents")
    page = {
        "title": title, "submit": _("Add"), "cancel_url": f"/documents/{found.pk}/",
        "crumbs": crumbs(found, title), "text": text, "document": found,
        "relations": choices.related(actor, found),
    }  # fmt: skip
    return carry_out(
        request,
        make=lambda data=None: RelateForm(data, actor=actor, document=found, text=text),
        run=run,
        page=page,
        template="documents/relations.html",
    )


@require_POST
@login_required
def remove(request: HttpRequest, number: int, relation_id: int) -> HttpResponse:
    """Take one back."""
    actor = acting_in(request)
    found = _draft(actor, number)
    unrelate(actor=actor, document=found, relation=relation_id)
    messages.success(request, _("It has been saved."))
    return redirect(f"/documents/{found.pk}/relations/")


def _draft(actor: Actor, number: int) -> Document:
    found = document(actor, number)
    require(found, Deed.EDIT, parts(actor, found))
    return found
