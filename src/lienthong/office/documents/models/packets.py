"""Documents that organs without this office send and get as packets: with whom, what came, what they are told."""

from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lienthong.office.documents.models.document import NAME_LENGTH, NOTE_LENGTH, Document
from lienthong.office.documents.models.sending import CODE_LENGTH, Dispatch
from lienthong.office.documents.states import progress_of
from lienthong.office.organs.models import Unit

ID_LENGTH: Final = 300


class Way(models.TextChoices):
    """By which way a packet came."""

    PAGE = "page", _("brought by a clerk")
    FOLDER = "folder", _("found in the folder")
    SYSTEM = "system", _("sent by an information system")


class Correspondent(models.Model):
    """An organ without this office, with which an organ of this office exchanges packets."""

    organ = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    code = models.CharField(_("agency code"), max_length=CODE_LENGTH, db_collation="C")
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    added_at = models.DateTimeField(db_default=Now(), editable=False)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """Each once, as long as it is one."""

        ordering = ("name", "code")
        constraints = (
            models.UniqueConstraint(fields=("organ", "code"), condition=Q(closed_at=None), name="correspondent_once"),
        )

    def __str__(self) -> str:
        """Name it."""
        return f"{self.name} ({self.code})"

    @property
    def organ_path(self) -> str:
        """The path of its organ, for the trail."""
        return self.organ.path


class Intake(models.Model):
    """How a document came as a packet. What the packet says of its sender, nobody has sealed."""

    document = models.OneToOneField(Document, models.CASCADE, primary_key=True, related_name="intake")
    organ = models.ForeignKey(Unit, models.CASCADE, related_name="+", db_index=False)
    sender_code = models.CharField(max_length=CODE_LENGTH, db_collation="C")
    sender = models.CharField(max_length=NAME_LENGTH)
    # The document's id, as the profile writes ids so that they can be compared.
    packet_id = models.CharField(max_length=ID_LENGTH)
    # SHA-256 of the packet, hexadecimal.
    digest = models.CharField(max_length=64, db_collation="C")
    way = models.CharField(max_length=10, choices=Way)
    # What was odd: code, text in English, place, detail.
    oddities = models.JSONField(default=list)
    # Signatures of the packet: verdict, whole, subject, reason.
    signatures = models.JSONField(default=list)

    class Meta:
        """The same packet comes once."""

        constraints = (
            models.UniqueConstraint(fields=("organ", "sender_code", "packet_id", "digest"), name="packet_comes_once"),
        )

    def __str__(self) -> str:
        """Name it by its id."""
        return self.packet_id


class Answer(models.Model):
    """What one of the organs behind packets is told of a document, as a packet of its own."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="answers")
    # Where the document is ours: what was sent; else it came (``Intake``).
    dispatch = models.ForeignKey(Dispatch, models.CASCADE, null=True, related_name="answers")
    to_code = models.CharField(max_length=CODE_LENGTH, db_collation="C")
    to = models.CharField(max_length=NAME_LENGTH)
    # Of the packets' status codes.
    code = models.CharField(max_length=2)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)
    at = models.DateTimeField()
    # When it was taken along by a clerk, or written into the organ's folder.
    taken_at = models.DateTimeField(null=True)

    class Meta:
        """In the order in which it was told."""

        ordering = ("id",)

    def __str__(self) -> str:
        """Name it by what it tells."""
        return f"{self.code} {self.to}"

    @property
    def progress(self) -> str:
        """Where the document stands, as it is told."""
        return progress_of(self.code)
