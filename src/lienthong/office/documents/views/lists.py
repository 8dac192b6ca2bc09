"""Registers and lists."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.views.common import acting_in
from lienthong.office.core.actor import Actor
from lienthong.office.core.lists.answer import respond
from lienthong.office.documents.lists import REGISTERS

_OF_DESK = ("arrivals", "incoming", "outgoing")
_SECRET = ("secret-incoming", "secret-outgoing")


@login_required
def register(request: HttpRequest, name: str = "mine") -> HttpResponseBase:
    """Show a register or list, or answer for it."""
    actor = acting_in(request)
    page = REGISTERS.get(name)
    if page is None:
        raise Http404
    tabs = [
        {"title": REGISTERS[each].title, "url": _url(each), "current": each == name, "count": None}
        for each in shown(actor)
    ]
    context = {"title": _("Documents"), "tabs": tabs, "drafts": bool(actor.appointment_id)}
    return respond(request, page, template="documents/list.html", context=context)


def shown(actor: Actor) -> list[str]:
    """Return the lists that an actor has something in, or may have."""
    names = ["mine", "drafts"]
    if actor.at_desk:
        names[1:1] = _OF_DESK
        if actor.clearance >= Level.CONFIDENTIAL:
            names += _SECRET
    return names


def _url(name: str) -> str:
    return "/documents/" if name == "mine" else f"/documents/{name}/"
