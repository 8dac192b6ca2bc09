"""The pages on which something is done to one person."""

from typing import Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lienthong.office.accounts.selectors import persons
from lienthong.office.accounts.views.common import Page, acting_in, carry_out
from lienthong.office.accounts.views.deeds import DEEDS, offered
from lienthong.office.core.errors import Forbidden, Invalid


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def deed(request: HttpRequest, person_id: int, name: str) -> HttpResponse:
    """Ask for what a deed needs and show what follows; then do it."""
    actor = acting_in(request)
    person = persons.seen(actor, person_id)
    wanted = DEEDS[name]
    if not wanted.may(actor, person):
        raise Forbidden(name)
    if not offered(wanted, actor, person):
        raise Invalid(person.name, hint=_("The state of the account does not allow this: load its page again."))
    if wanted.sensitive:
        raise_if_reauthentication_required(request, app="")
    page: Page = {
        "title": f"{wanted.title}: {person.name}",
        "submit": wanted.title,
        "grave": wanted.grave,
        "cancel_url": f"/persons/{person.pk}/",
    }
    if wanted.follows:
        page["consequences"] = wanted.follows(actor, person)

    def form(data: Any = None) -> Form:  # noqa: ANN401 - as Django has it
        return wanted.form(data, actor=actor, person=persons.seen(actor, person_id))

    return carry_out(
        request,
        make=form,
        run=lambda data: wanted.run(actor, person, data),
        page=page,
        done=wanted.done,
        template="core/preview.html" if wanted.follows else "core/form_page.html",
    )
