"""Registers and lists."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from lienthong.office.accounts.selectors import clearances
from lienthong.office.accounts.views.common import acting_in
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.errors import Forbidden
from lienthong.office.core.lists.answer import respond
from lienthong.office.documents.lists import HIGHEST, REGISTERS, lists_of
from lienthong.office.documents.packets.formats import known


@login_required
def register(request: HttpRequest, name: str = "mine") -> HttpResponseBase:
    """Show a register or list, or answer for it."""
    actor = acting_in(request)
    page = REGISTERS.get(name)
    if page is None:
        raise Http404
    if name == HIGHEST and not actor.opens_top_secret:
        return _ask_again(request, actor)
    tabs = [
        {"title": REGISTERS[each].title, "url": _url(each), "current": each == name, "count": None}
        for each in lists_of(actor)
    ]
    context = {
        "title": _("Documents"),
        "tabs": tabs,
        "drafts": bool(actor.appointment_id),
        "brings": Role.CLERK in actor.roles and known(),
    }
    return respond(request, page, template="documents/list.html", context=context)


def _ask_again(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Lead to the second factor whoever's account opens top secret documents once it is shown.

    Raises:
        Forbidden: the account is not marked for them.
    """
    if not clearances.opens_top_secret(actor.person_id):
        raise Forbidden(_("this account is not marked for top secret documents"))
    return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': request.path})}")


def _url(name: str) -> str:
    return "/documents/" if name == "mine" else f"/documents/{name}/"
