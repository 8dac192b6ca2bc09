"""The pages on which something is done to one file."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from lienthong.office.accounts.views.common import acting_in, carry_out
from lienthong.office.core.errors import Conflict, Forbidden
from lienthong.office.records.selectors import files
from lienthong.office.records.states import DEEDS, Deed
from lienthong.office.records.views.common import crumbs
from lienthong.office.records.views.deeds import PAGES


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def deed(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """Ask for what a deed needs; then do it."""
    actor, wanted = acting_in(request), Deed(name)
    file = files.file(actor, number)
    require_offered(wanted, files.deeds(actor, file), file.state in DEEDS[wanted].states)
    page, title = PAGES[wanted], DEEDS[wanted].title

    def form(data: Any = None) -> Form:  # noqa: ANN401 - as Django has it
        found: Form = page.form(data, actor=actor, file=files.file(actor, number))
        return found

    return carry_out(
        request,
        make=form,
        run=lambda data: page.run(actor, file, data),
        page={
            "title": f"{title}: {file.code}",
            "crumbs": crumbs(file, str(title)),
            "submit": title,
            "intro": page.intro,
            "grave": page.grave,
            "cancel_url": f"/records/{file.pk}/",
        },
        done=page.done,
    )


def require_offered(wanted: Deed, offered: list[Deed], fits: bool) -> None:  # noqa: FBT001 - whether the state does
    """Refuse a page whose deed is not the reader's to do.

    Raises:
        Forbidden: it is not theirs.
        Conflict: the file stands elsewhere by now.
    """
    if wanted not in offered:
        raise Forbidden(wanted.value) if fits else Conflict(wanted.value)
