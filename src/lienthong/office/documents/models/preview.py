"""What stands for a file of an office program in the viewer: a PDF made of it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lienthong.office.documents.models.files import File
from lienthong.office.vault.models import Blob


class Preview(models.Model):
    """A PDF made of a file, kept encrypted as the file is; or why there is none."""

    class State(models.TextChoices):
        """What came of it."""

        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    file = models.OneToOneField(File, models.CASCADE, related_name="preview")
    blob = models.OneToOneField(Blob, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State)
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """What is ready has a PDF."""

        constraints = (
            models.CheckConstraint(
                condition=Q(state="ready", blob__isnull=False) | Q(state="failed", blob__isnull=True),
                name="preview_ready_has_pdf",
            ),
        )

    def __str__(self) -> str:
        """Name it by its file."""
        return str(self.file_id)
