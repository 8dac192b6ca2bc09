"""All parts of pages on one page, for those who build or operate the office."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from lienthong.kernel.labels import Level
from lienthong.office.core import samples
from lienthong.office.core.actor import Actor
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.templatetags.look import level_name


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("As in the decision of appointment."))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(label=_("Kind"), choices=[("organ", _("organ")), ("department", _("department"))])
    since = forms.DateField(label=_("Since"), widget=forms.DateInput(attrs={"type": "date"}))
    level = forms.ChoiceField(
        label=_("Level"),
        widget=forms.RadioSelect,
        choices=lambda: [(level.value, level_name(level)) for level in Level],
    )
    sure = forms.BooleanField(label=_("I have read the decision"))


@require_safe
@login_required
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every part with data of the shape that pages give it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by ActingMiddleware
    require(actor, Permission.OPERATE)
    wrong = SampleForm(data={"since": "31.2.2026", "kind": "organ"}, prefix="wrong")
    context = samples.everything() | {"form": SampleForm(prefix="right"), "wrong": wrong, "levels": list(Level)}
    return render(request, "core/styleguide.html", context)
