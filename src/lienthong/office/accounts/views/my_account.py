"""One's own account: who one is here, what one holds, who acts for whom."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.accounts.selectors import clearances, persons, positions
from lienthong.office.accounts.selectors.sign_in import has_second_factor
from lienthong.office.accounts.views.common import acting_in
from lienthong.office.accounts.views.persons import substitutions_shown


@require_safe
@login_required
def my_account(request: HttpRequest) -> HttpResponse:
    """Show it."""
    actor = acting_in(request)
    held = positions.appointments_of(actor.person_id).filter(positions.open_on(localdate()))
    context = {
        "title": _("My account"),
        "person": persons.seen(actor, actor.person_id),
        "appointments": held,
        "substitutions": substitutions_shown(actor, actor.person_id),
        "clearance": clearances.level_of(actor.person_id),
        "units": clearances.units_named_to(actor.person_id),
        "second_factor": has_second_factor(actor.person_id),
    }
    return render(request, "accounts/my_account.html", context)
