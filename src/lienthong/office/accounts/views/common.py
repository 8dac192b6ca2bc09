"""What the pages of this room share."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from lienthong.office.accounts.forms import organ_named
from lienthong.office.accounts.selectors import persons
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.middleware import OfficeRequest
from lienthong.office.organs.models import Unit

type Page = dict[str, Any]


def acting_in(request: HttpRequest) -> Actor:
    """Return who acts; for pages that need somebody signed in."""
    actor = cast("OfficeRequest", request).actor
    if actor is None:
        raise PermissionDenied
    return actor


def carry_out(  # noqa: PLR0913 - one page has that many parts, each by its name
    request: HttpRequest,
    *,
    make: Callable[..., Form],
    run: Callable[[dict[str, Any]], object],
    page: Page,
    done: str | Promise = "",
    template: str = "core/form_page.html",
) -> HttpResponse:
    """Show a form, or do what it says and go where ``cancel_url`` says.

    Args:
        request: GET shows, POST does.
        make: makes the form, from what was sent or anew.
        run: does it, with what the form made of it.
        page: the context of the page.
        done: what to say afterwards.
        template: of the page.
    """
    form, status = make(request.POST) if request.method == "POST" else make(), HTTPStatus.OK
    if form.is_bound and form.is_valid():
        try:
            run(form.cleaned_data)
        except Invalid as refused:
            form.add_error(None, _said(refused))
        except Conflict:
            # As it is now: what was entered was meant for another state.
            form, status = make(), HTTPStatus.CONFLICT
            messages.error(
                request, _("Somebody else changed this meanwhile. Below is what it is now; nothing was saved.")
            )
        else:
            messages.success(request, str(done or _("It has been saved.")))
            return redirect(page["cancel_url"])
    return render(request, template, page | {"form": form}, status=status)


def _said(refused: Invalid) -> str:
    """Return in the reader's language what an action refuses: the sentence that says so, else what to do."""
    sentence = refused.where.endswith(".") and refused.advice == type(refused).hint
    return refused.where if sentence else gettext(refused.advice)


def chosen_organ(request: HttpRequest, actor: Actor, usual: str) -> tuple[Unit, str]:
    """Return the organ that the address names, else the usual one; and what is wrong with the name, if anything.

    Args:
        request: ``organ`` in its address is a code or a name.
        actor: who looks after it.
        usual: the code of the usual one.

    Raises:
        Forbidden: the actor looks after none.
    """
    trouble = ""
    if given := request.GET.get("organ", ""):
        try:
            return organ_named(actor, given), ""
        except ValidationError as error:
            trouble = " ".join(error.messages)
    organ = next(iter(persons.organs_named(actor, usual)), None) or persons.organs_managed_by(actor).first()
    if organ is None:
        raise Forbidden("organ")
    return organ, trouble
