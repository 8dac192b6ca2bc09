"""One's own account: who one is here, what one holds, who acts for whom."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.accounts.second_factor import SESSION_KEY
from lienthong.office.accounts.selectors import clearances, positions
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
        "person": request.user,
        "appointments": held,
        "substitutions": substitutions_shown(actor, actor.person_id),
        "clearance": actor.clearance,
        "units": clearances.units_named_to(actor.person_id),
        "second_factor": request.session.get(SESSION_KEY, False),
    }
    return render(request, "accounts/my_account.html", context)
