"""The files of a document: what they are called and are to it. Their bytes are in the vault."""

from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lienthong.office.accounts.models import Appointment
from lienthong.office.documents.models.document import Document
from lienthong.office.vault.models import Blob

NAME_LENGTH: Final = 255
PDF: Final = "application/pdf"


class File(models.Model):
    """One version of one file. A version is never changed: a newer one takes its place, and it stays as it was."""

    class Role(models.TextChoices):
        """What it is to the document."""

        MAIN = "main", _("main file")
        APPENDIX = "appendix", _("appendix")

    document = models.ForeignKey(Document, models.PROTECT, related_name="files")
    blob = models.OneToOneField(Blob, models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    # As it is shown and saved: no path, no sign that cannot be seen.
    name = models.CharField(_("file name"), max_length=NAME_LENGTH)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    # SHA-256 of the content, as hexadecimal digits.
    digest = models.CharField(max_length=64, db_collation="C")
    version = models.PositiveIntegerField(default=1)
    # The one that counts; older versions stay to be read.
    current = models.BooleanField(default=True)
    # How many pages a PDF has, once it was looked at.
    pages = models.PositiveIntegerField(null=True)
    # What was found of its signatures, as ``lienthong.signatures`` reports it.
    report = models.JSONField(null=True)
    added_by = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """The main file first."""

        ordering = ("-role", "id")
        constraints = (
            models.UniqueConstraint(fields=("document",), condition=Q(role="main", current=True), name="file_one_main"),
            models.UniqueConstraint(
                fields=("document", "name"), condition=Q(role="appendix", current=True), name="file_name_once"
            ),
        )

    def __str__(self) -> str:
        """Name it."""
        return self.name
