"""A document's page: what it is, its files, who worked on it, whom it went to, and what may be done with it."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lienthong.office.accounts.views.common import acting_in
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.documents import profile
from lienthong.office.documents.actions.drafts import comment, create_draft
from lienthong.office.documents.forms import CommentForm, NewDraftForm
from lienthong.office.documents.models import Document
from lienthong.office.documents.packets.correspondents import listed
from lienthong.office.documents.packets.formats import known
from lienthong.office.documents.selectors import details
from lienthong.office.documents.selectors.documents import deeds, document, parts
from lienthong.office.documents.selectors.organ import place
from lienthong.office.documents.states import DEEDS, Deed, Direction, Part, State
from lienthong.office.documents.views.doing import PAGES

_NOT_ANSWERED: Final = frozenset({State.ARRIVED, State.REFUSED, State.RECALLED})
form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@login_required
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show a document."""
    actor = acting_in(request)
    found = document(actor, number)
    allowed, shown = deeds(actor, found), details.of(found, actor)
    context = {
        "title": found.number or _("Document"),
        "crumbs": crumbs(found),
        "document": found,
        "facts": facts(actor, found),
        "details": shown,
        "abilities": abilities(found, allowed),
        "hands_out": _hands_out(actor, found, shown),
        "comment_form": CommentForm(actor=actor, document=found) if Deed.COMMENT in allowed else None,
        "comment_url": f"/documents/{found.pk}/comment/",
        "edits": Deed.EDIT in allowed,
    }
    return render(request, "documents/document.html", context)


@form_page
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Begin a draft; as an answer to what the address names."""
    actor = acting_in(request)
    given = request.GET.get("answers", "")
    answered = document(actor, int(given)) if given.isascii() and given.isdecimal() and len(given) < 19 else None  # noqa: PLR2004 - digits of an id
    form = NewDraftForm(request.POST or None, actor=actor, initial={"place": place(actor), **_answering(answered)})
    if request.method == "POST" and form.is_valid():
        try:
            made = create_draft(actor=actor, draft=form.draft(), answers=answered, uid=form.cleaned_data["uid"])
        except Invalid as error:
            form.add_error(None, error.where)
        else:
            messages.success(request, _("The draft was begun. Bring its file next."))
            return redirect(f"/documents/{made.pk}/")
    context = {
        "title": _("Draft a document"), "form": form, "submit": _("Begin"), "cancel_url": "/documents/",
        "crumbs": [{"title": _("Documents"), "url": "/documents/"}, {"title": _("Draft a document"), "url": ""}],
    }  # fmt: skip
    return render(request, "core/form_page.html", context, status=400 if form.is_bound else 200)


@require_http_methods(["POST"])
@login_required
def remark(request: HttpRequest, number: int) -> HttpResponse:
    """Take a remark, and go back to where it was made."""
    actor = acting_in(request)
    found = document(actor, number)
    form = CommentForm(request.POST, actor=actor, document=found)
    if form.is_valid():
        comment(actor=actor, document=found, text=form.cleaned_data["text"])
    else:
        messages.error(request, _("Nothing was said, or too much."))
    return redirect(f"/documents/{found.pk}/#comments")


def crumbs(found: Document, *more: str) -> list[dict[str, str]]:
    """Return the way to a document's page, or to one below it."""
    name = found.number or _("Draft")
    steps = [(_("Documents"), "/documents/"), (name, f"/documents/{found.pk}/"), *((each, "") for each in more)]
    steps[-1] = (steps[-1][0], "")
    return [{"title": title, "url": url} for title, url in steps]


def facts(actor: Actor, found: Document) -> list[tuple[str, Any]]:
    """Return what a document says of itself, as name and value; nothing that is empty."""
    incoming = found.direction == Direction.INCOMING
    rows: list[tuple[str, Any]] = [
        (_("Type"), profile.type_name(found.type)),
        (_("Urgency"), profile.urgency_name(found.urgency) if profile.is_urgent(found.urgency) else ""),
        (_("Issued by"), found.author),
        (_("Signed by"), found.signer),
        (_("Place"), found.place),
        (_("Dated"), found.dated),
        (_("Arrival number") if incoming else _("Entry"), found.entry),
        # Of an organ that went into the reader's own: its numbers count in a book of their own.
        (_("Register of"), found.organ.name if found.organ_id != actor.organ_id else ""),
        (_("Entered on"), found.entered_on),
        (_("Due"), found.due),
        (_("Notes"), found.note),
    ]
    return [(name, value) for name, value in rows if value]


def abilities(found: Document, allowed: list[Deed]) -> list[dict[str, Any]]:
    """Return what the reader may do with a document now, and nothing that they may not."""
    shown = [deed for deed in allowed if deed in PAGES]
    told = [
        {"title": DEEDS[deed].title, "may": True, "url": f"/documents/{found.pk}/{deed.value}/", "reason": ""}
        for deed in shown
    ]
    if found.direction == Direction.INCOMING and found.state not in _NOT_ANSWERED:
        url = f"/documents/new/?answers={found.pk}"
        told.append({"title": _("Draft a reply"), "may": True, "url": url, "reason": ""})
    format_ = known()
    if Deed.DISPATCH in allowed and format_ is not None:
        reason = "" if found.level <= format_.highest else _("What is labelled so does not leave unencrypted.")
        if not reason and not listed(found.organ_id):
            reason = _("Your administrator has named no organ without this office yet, under “How we work”.")
        url = f"/documents/{found.pk}/packet/"
        told.append({"title": _("Save as edXML packet"), "may": not reason, "url": url, "reason": reason})
    return told


def _hands_out(actor: Actor, found: Document, shown: details.Details) -> bool:
    """Tell whether the reader may take packets along, where there are any."""
    there = shown.answers or any(one.dispatch.packet_id for one in shown.sendings)
    return bool(there) and Part.CLERK in parts(actor, found)


def _answering(answered: Document | None) -> dict[str, Any]:
    if answered is None:
        return {}
    subject = _("Answer to {number}").format(number=answered.number or answered.pk)
    return {"label": answered.label, "subject": subject, "type": "cong-van"}
