"""The list of persons, one person, and inviting another."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lienthong.office.accounts import forms
from lienthong.office.accounts.actions.persons import Details, invite_person
from lienthong.office.accounts.actions.rules import may_clear, may_control
from lienthong.office.accounts.actions.substitutions import may_end, may_substitute
from lienthong.office.accounts.models import Person
from lienthong.office.accounts.selectors import clearances, history, persons, positions, sessions
from lienthong.office.accounts.views.common import Page, acting_in, carry_out, chosen_organ
from lienthong.office.accounts.views.deeds import DEEDS
from lienthong.office.accounts.views.listing import PERSONS
from lienthong.office.core.actor import Actor
from lienthong.office.core.lists.answer import respond
from lienthong.office.core.policies import Permission, may, require


@login_required
def listed(request: HttpRequest) -> HttpResponseBase:
    """Show the persons whom the reader may see."""
    managing = may(acting_in(request), Permission.PERSON_MANAGE)
    return respond(request, PERSONS, template="accounts/persons.html", context={"managing": managing})


@require_safe
@login_required
def shown(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show one person: what the reader may know, and may do."""
    actor = acting_in(request)
    person = persons.seen(actor, person_id)
    controls = may_control(actor, person)
    sees_clearance = may(actor, Permission.CLEARANCE_VIEW, person) or actor.person_id == person_id
    page: Page = {
        "title": person.name,
        "crumbs": [{"title": _("Persons"), "url": "/persons/"}, {"title": person.name, "url": ""}],
        "person": person,
        "controls": controls,
        "appointments": [_appointment(actor, person, each) for each in positions.HELD.models(actor, number=person_id)],
        "substitutions": substitutions_shown(actor, person_id),
        "abilities": _abilities(actor, person, controls=controls),
        "sees_clearance": sees_clearance,
    }
    if sees_clearance:
        # One's own is known already.
        own = actor.person_id == person_id and actor.placed
        page["clearance"] = actor.clearance if own else clearances.level_of(person_id)
        page["clearances"] = clearances.HISTORY.models(actor, number=person_id)
        page["units"] = clearances.units_named_to(person_id)
        page["clears"] = may(actor, Permission.CLEARANCE_GRANT, person)
    if controls:
        page["sessions"] = sessions.of(person_id)
    if controls or may(actor, Permission.AUDIT_VIEW, person):
        page["entries"] = history.of(actor, person)
    return render(request, "accounts/person.html", page)


def _appointment(actor: Actor, person: Person, appointment: Any) -> dict[str, Any]:  # noqa: ANN401 - as selected
    return {"it": appointment, "substitutes": may_substitute(actor, person.pk, appointment.position)}


def substitutions_shown(actor: Actor, person_id: int) -> list[dict[str, Any]]:
    """Return the substitutions about a person, each with whether the reader may end it."""
    return [{"it": each, "may_end": may_end(actor, each)} for each in positions.substitutions_about(person_id)]


def _abilities(actor: Actor, person: Person, *, controls: bool) -> list[dict[str, Any]]:
    """Return what the reader may do, as the actions check it, for the account as it is now."""
    url = f"/persons/{person.pk}/"
    # Each is asked once: most deeds need the same right.
    answers: dict[Callable[[Actor, Person], bool], bool] = {may_control: controls, may_clear: may_clear(actor, person)}
    found = [
        {"title": deed.title, "may": answers[deed.may], "url": f"{url}{name}/", "reason": ""}
        for name, deed in DEEDS.items()
        if person.state in deed.states
    ]
    appoints = {"title": _("Appoint"), "may": controls, "url": f"{url}appoint/", "reason": ""}
    return [appoints, *found]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def invite(request: HttpRequest) -> HttpResponse:
    """Make an account in an organ, chosen first, and send its invitation."""
    actor = acting_in(request)
    require(actor, Permission.PERSON_MANAGE)
    organ, trouble = chosen_organ(request, actor, "")

    def form(data: Any = None) -> Form:  # noqa: ANN401 - as Django has it
        return forms.InviteForm(data, actor=actor, organ=organ)

    def run(data: dict[str, Any]) -> object:
        details = Details(name=data["name"], email=data["email"], phone=data["phone"], language=data["language"])
        return invite_person(actor=actor, details=details, organ=organ, position=data["position"])

    page: Page = {
        "title": _("Invite a person"),
        "crumbs": [{"title": _("Persons"), "url": "/persons/"}, {"title": _("Invite a person"), "url": ""}],
        "submit": _("Send the invitation"),
        "cancel_url": "/persons/",
        "organ": organ,
        "trouble": trouble,
    }
    done = _("The invitation is on its way.")
    return carry_out(request, make=form, run=run, page=page, done=done, template="accounts/with_organ.html")
