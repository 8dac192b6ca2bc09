"""Pages of predecessors that were split: which of them are open, and settling one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from lienthong.office.core.errors import Conflict
from lienthong.office.core.policies import Permission, require
from lienthong.office.organs import selectors
from lienthong.office.organs.actions.reviews import settle
from lienthong.office.organs.forms.reviews import ReviewForm
from lienthong.office.organs.views.common import acting_in, crumbs
from lienthong.office.organs.views.shaping import page


@page
@login_required
def review(request: HttpRequest, number: int) -> HttpResponse:
    """Settle a predecessor that was split."""
    actor = acting_in(request)
    succession = selectors.succession(actor, number)
    require(actor, Permission.UNIT_MANAGE, succession.successor)
    form, home = ReviewForm(request.POST or None), f"/units/{succession.successor_id}/"
    if request.method == "POST" and request.POST.get("belongs") in {"0", "1"} and form.is_valid():
        try:
            settle(
                actor=actor,
                succession=succession,
                belongs=request.POST["belongs"] == "1",
                decision=form.cleaned_data["decision"],
            )
        except Conflict:
            messages.error(request, _("Somebody else settled this meanwhile."))
        else:
            messages.success(request, _("The predecessor was settled."))
        return redirect(home)
    name = succession.old_name or succession.old_code
    context = {
        "title": _("Settle {unit}").format(unit=name),
        "old_name": name,
        "successor": succession.successor,
        "form": form,
        "cancel_url": home,
        "crumbs": crumbs(actor, succession.successor, name),
    }
    return render(request, "organs/review.html", context, status=400 if form.is_bound and form.errors else 200)
