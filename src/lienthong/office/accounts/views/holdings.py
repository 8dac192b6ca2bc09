"""Positions, substitutes and labelled units of one person: beginning and ending them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lienthong.office.accounts import forms
from lienthong.office.accounts.actions import access, appointments, clearances, substitutions
from lienthong.office.accounts.actions.rules import may_control
from lienthong.office.accounts.models import Appointment
from lienthong.office.accounts.selectors import persons, positions
from lienthong.office.accounts.views.common import Page, acting_in, carry_out, chosen_organ
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Forbidden, NotFound


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appoint(request: HttpRequest, person_id: int) -> HttpResponse:
    """Put a person into a position of an organ, chosen first."""
    actor = acting_in(request)
    person = persons.seen(actor, person_id)
    if not may_control(actor, person):
        raise Forbidden("appoint")
    organ, trouble = chosen_organ(request, actor, person.organ.code)

    def form(data: Any = None) -> Form:  # noqa: ANN401 - as Django has it
        return forms.AppointForm(data, actor=actor, person=persons.seen(actor, person_id), organ=organ)

    def run(data: dict[str, Any]) -> object:
        return appointments.appoint(actor=actor, person_id=person.pk, **data)

    page: Page = {
        "title": _("Appoint %(name)s") % {"name": person.name},
        "submit": _("Appoint"),
        "cancel_url": _page(person_id),
        "organ": organ,
        "trouble": trouble,
    }
    return carry_out(request, make=form, run=run, page=page, template="accounts/with_organ.html")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def end_appointment(request: HttpRequest, person_id: int, appointment_id: int) -> HttpResponse:
    """End an appointment of a person."""
    actor = acting_in(request)
    appointment = _appointment(actor, person_id, appointment_id)
    person = persons.seen(actor, person_id)
    if not may_control(actor, person):
        raise Forbidden("end")

    def form(data: Any = None) -> Form:  # noqa: ANN401 - as Django has it
        return forms.EndForm(data, actor=actor, person=persons.seen(actor, person_id))

    def run(data: dict[str, Any]) -> object:
        return appointments.end_appointment(actor=actor, appointment_id=appointment_id, **data)

    text = _("Substitutions in this position end with it. %(name)s no longer sees what came with it.")
    page: Page = {
        "title": _("End: %(position)s") % {"position": appointment.position.title},
        "submit": _("End the appointment"),
        "grave": True,
        "intro": text % {"name": person.name},
        "cancel_url": _page(person_id),
    }
    return carry_out(request, make=form, run=run, page=page)


@require_POST
@login_required
def make_main(request: HttpRequest, person_id: int, appointment_id: int) -> HttpResponse:
    """Let a person act in this position after signing in."""
    actor = acting_in(request)
    _appointment(actor, person_id, appointment_id)
    given = request.POST.get("revision", "")
    revision = int(given) if given.isascii() and given.isdecimal() else 0
    appointments.make_main(actor=actor, appointment_id=appointment_id, revision=revision)
    messages.success(request, _("It has been saved."))
    return redirect(_back(actor, person_id))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def substitute(request: HttpRequest, person_id: int, appointment_id: int) -> HttpResponse:
    """Name a substitute: for one's own position, or as an administrator."""
    actor = acting_in(request)
    appointment = _appointment(actor, person_id, appointment_id)
    if not substitutions.may_substitute(actor, person_id, appointment.position):
        raise Forbidden("substitute")

    def form(data: Any = None) -> Form:  # noqa: ANN401 - as Django has it
        return forms.SubstituteForm(data, actor=actor, person=appointment.person, appointment=appointment)

    def run(data: dict[str, Any]) -> object:
        return substitutions.substitute(
            actor=actor,
            appointment_id=appointment_id,
            substitute_id=data["substitute"].pk,
            valid_from=data["valid_from"],
            valid_to=data["valid_to"],
            reason=data["reason"],
        )

    text = _("The substitute sees and does what the position may, with their own clearance. Both names are recorded.")
    page: Page = {
        "title": _("Substitute for: %(position)s") % {"position": appointment.position.title},
        "submit": _("Name the substitute"),
        "intro": text,
        "cancel_url": _back(actor, person_id),
    }
    return carry_out(request, make=form, run=run, page=page)


@require_POST
@login_required
def end_substitution(request: HttpRequest, substitution_id: int) -> HttpResponse:
    """End a substitution at once."""
    actor = acting_in(request)
    ended = substitutions.end_substitution(actor=actor, substitution_id=substitution_id)
    messages.success(request, _("The substitution has ended."))
    absent = ended.appointment.person_id
    return redirect("my_account" if actor.person_id in {absent, ended.substitute_id} else _page(absent))


@require_POST
@login_required
def withdraw_unit(request: HttpRequest, person_id: int, unit_id: int) -> HttpResponse:
    """Let a person no longer know of a labelled unit."""
    clearances.withdraw_unit(actor=acting_in(request), person_id=person_id, unit_id=unit_id)
    messages.success(request, _("The unit is no longer known to this person."))
    return redirect(_page(person_id))


@require_POST
@login_required
def end_session(request: HttpRequest, person_id: int, session_id: int) -> HttpResponse:
    """Sign a person out on one of their devices."""
    access.end_session(actor=acting_in(request), person_id=person_id, session_id=session_id)
    messages.success(request, _("The session has ended."))
    return redirect(_page(person_id))


def _appointment(actor: Actor, person_id: int, appointment_id: int) -> Appointment:
    appointment = positions.appointment(actor, appointment_id)
    if appointment.person_id != person_id:
        raise NotFound(f"appointment {appointment_id}")
    return appointment


def _page(person_id: int) -> str:
    return f"/persons/{person_id}/"


def _back(actor: Actor, person_id: int) -> str:
    return "/account/" if actor.person_id == person_id else _page(person_id)
