"""The form that takes a spreadsheet."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.office.organs.imports.lines import LIMITS

_MIB = 1024 * 1024


class ImportForm(forms.Form):
    """What is in the file, and the file."""

    subject = forms.ChoiceField(
        label=gettext_lazy("What is in it"),
        choices=[("units", gettext_lazy("Units")), ("positions", gettext_lazy("Positions"))],
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(".xlsx or CSV UTF-8, at most 5,000 rows. Nothing is written before you confirm."),
        max_length=200,
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse what is too large."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > LIMITS.size:
            raise ValidationError(
                _("The file is larger than {size} MB: send it in parts.").format(size=LIMITS.size // _MIB)
            )
        return file
