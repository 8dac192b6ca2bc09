"""How an organ works on documents: chains, letterhead, terms of office, numbers that are kept."""

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.accounts.views.common import acting_in, carry_out
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.errors import Forbidden
from lienthong.office.core.policies import Permission, may, require
from lienthong.office.documents import profile
from lienthong.office.documents.actions.chains import close_chain, create_chain
from lienthong.office.documents.actions.letterheads import Head, set_letterhead
from lienthong.office.documents.actions.numbering import begin_period, reserve
from lienthong.office.documents.forms_organ import (
    ChainForm,
    CorrespondentForm,
    LetterheadForm,
    PeriodForm,
    ReserveForm,
)
from lienthong.office.documents.packets import correspondents
from lienthong.office.documents.packets.formats import known
from lienthong.office.documents.selectors import organ as of_organ
from lienthong.office.documents.views.document import form_page

_HOME = "/documents/ways/"


@require_safe
@login_required
def ways(request: HttpRequest) -> HttpResponse:
    """Show how the organ works."""
    actor = acting_in(request)
    organ = of_organ.own(actor)
    manages = may(actor, Permission.UNIT_MANAGE, organ)
    found = of_organ.ways(actor)
    context = {
        "title": _("How we work on documents"),
        "crumbs": _crumbs(),
        "ways": found,
        "chains": [
            (chain, profile.type_name(chain.type), " → ".join(step.position.title for step in steps))
            for chain, steps in found.chains
        ],
        "by_term": profile.counts_by_term(organ.bloc),
        "manages": manages,
        "keeps": Role.CLERK in actor.roles,
        "correspondents": correspondents.listed(actor.organ_id) if known() else None,
    }
    return render(request, "documents/ways.html", context)


@form_page
@login_required
def new_chain(request: HttpRequest) -> HttpResponse:
    """Configure a chain."""
    actor = _administrator(request)
    organ = of_organ.own(actor)
    made: list[ChainForm] = []

    def make(data: object = None) -> ChainForm:
        made.append(ChainForm(data, actor=actor))
        return made[-1]

    return carry_out(
        request,
        make=make,
        run=lambda facts: create_chain(
            actor=actor, organ=organ, name=facts["name"], type_=facts["type"], hands=made[-1].hands()
        ),
        page=_page(_("Configure a chain"), _("Configure")),
        done=_("The chain was configured."),
    )


@form_page
@login_required
def end_chain(request: HttpRequest, chain_id: int) -> HttpResponse:
    """Close a chain."""
    actor = _administrator(request)
    chain = of_organ.chain(actor, chain_id)
    return carry_out(
        request,
        make=lambda data=None: Form(data),
        run=lambda _facts: close_chain(actor=actor, chain=chain),
        page=_page(_("Close a chain"), _("Close")) | {"intro": chain.name, "grave": True},
        done=_("The chain was closed."),
    )


@form_page
@login_required
def letterhead(request: HttpRequest) -> HttpResponse:
    """Choose notation and place."""
    actor = _administrator(request)
    organ = of_organ.own(actor)
    now = of_organ.ways(actor).letterhead
    initial = {name: getattr(now, name) for name in LetterheadForm.base_fields} if now else {}
    return carry_out(
        request,
        make=lambda data=None: LetterheadForm(data, initial=initial),
        run=lambda facts: set_letterhead(actor=actor, organ=organ, head=Head(**facts)),
        page=_page(_("Notation and place"), _("Save")),
    )


@form_page
@login_required
def new_correspondent(request: HttpRequest) -> HttpResponse:
    """Exchange packets with an organ without this office."""
    actor = _administrator(request)
    organ = of_organ.own(actor)
    return carry_out(
        request,
        make=lambda data=None: CorrespondentForm(data),
        run=lambda facts: correspondents.add(actor=actor, organ=organ, code=facts["code"], name=facts["name"]),
        page=_page(_("Exchange packets with an organ"), _("Add")),
        done=_("From now on packets are exchanged with it."),
    )


@form_page
@login_required
def end_correspondent(request: HttpRequest, correspondent_id: int) -> HttpResponse:
    """Exchange no more packets with one."""
    actor = _administrator(request)
    partner = correspondents.one(actor.organ_id, correspondent_id)
    title = _("Exchange no more packets")
    return carry_out(
        request,
        make=lambda data=None: Form(data),
        run=lambda _facts: correspondents.close(actor=actor, partner=partner),
        page=_page(title, title) | {"intro": str(partner), "grave": True},
        done=_("No more packets are exchanged with it."),
    )


@form_page
@login_required
def new_period(request: HttpRequest) -> HttpResponse:
    """Begin a term of office."""
    actor = _administrator(request)
    organ = of_organ.own(actor)
    return carry_out(
        request,
        make=lambda data=None: PeriodForm(data),
        run=lambda facts: begin_period(actor=actor, organ=organ, starts_on=facts["starts_on"], name=facts["name"]),
        page=_page(_("Begin a term of office"), _("Begin")) | {"grave": True},
        done=_("The term was begun."),
    )


@form_page
@login_required
def keep_number(request: HttpRequest) -> HttpResponse:
    """Keep a number for a document to come."""
    actor = acting_in(request)
    if Role.CLERK not in actor.roles:
        raise Forbidden(_("only a clerk of the organ keeps numbers"))
    return carry_out(
        request,
        make=lambda data=None: ReserveForm(data, actor=actor),
        run=lambda facts: reserve(
            actor=actor, type_=facts["type"], secret=facts.get("secret", False), reason=facts["reason"]
        ),
        page=_page(_("Keep a number"), _("Keep")),
        done=_("The number was kept."),
    )


def _administrator(request: HttpRequest) -> Actor:
    actor = acting_in(request)
    require(actor, Permission.UNIT_MANAGE, of_organ.own(actor))
    return actor


def _crumbs(*more: str) -> list[dict[str, str]]:
    steps = [(_("Documents"), "/documents/"), (_("How we work on documents"), _HOME), *((each, "") for each in more)]
    steps[-1] = (steps[-1][0], "")
    return [{"title": title, "url": url} for title, url in steps]


def _page(title: str, submit: str) -> dict[str, object]:
    return {"title": title, "submit": submit, "cancel_url": _HOME, "crumbs": _crumbs(title)}
