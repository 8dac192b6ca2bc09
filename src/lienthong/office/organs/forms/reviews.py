"""The form that settles a predecessor."""

from django import forms
from django.utils.translation import gettext_lazy

from lienthong.office.organs.models import NAME_LENGTH


class ReviewForm(forms.Form):
    """On what ground."""

    decision = forms.CharField(
        label=gettext_lazy("Decision"), max_length=NAME_LENGTH,
        help_text=gettext_lazy("Number of the decision or document that says so."),
    )  # fmt: skip
