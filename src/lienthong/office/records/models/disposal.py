"""What keeps a file from being disposed of, and what decides that it is."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment, Person
from lienthong.office.core.models import LevelField
from lienthong.office.organs.models import Unit
from lienthong.office.records.models.workfile import NOTE_LENGTH, WorkFile


class Hold(models.Model):
    """A file must be kept, whatever its term: for a court, an inspection. There may be several."""

    file = models.ForeignKey(WorkFile, models.CASCADE, related_name="holds")
    reason = models.CharField(_("reason"), max_length=NOTE_LENGTH)
    set_by = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(db_default=Now(), editable=False)
    lifted_by = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lift_reason = models.CharField(_("reason"), max_length=NOTE_LENGTH, blank=True)

    class Meta:
        """Whether there is one that was not lifted is asked before every disposal."""

        ordering = ("id",)
        indexes = (models.Index(fields=("file",), name="hold_open", condition=Q(lifted_at=None)),)

    def __str__(self) -> str:
        """Name its file."""
        return f"hold {self.pk} on {self.file_id}"


class Disposal(models.Model):
    """A proposal to dispose of files, who agreed to it, and what became of it."""

    class State(models.TextChoices):
        """How far it is."""

        PROPOSED = "proposed", _("waits for approval")
        DONE = "done", _("carried out")
        REFUSED = "refused", _("refused")

    organ = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    # That of the highest of its files.
    label = LevelField(_("level"), default=Level.INTERNAL)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    reason = models.CharField(_("reason"), max_length=NOTE_LENGTH)
    proposed_by = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    # Who it was: in another position, or as a substitute, they are still the same person.
    proposer = models.ForeignKey(Person, models.PROTECT, related_name="+")
    proposer_name = models.CharField(max_length=200)
    proposed_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    # Why it was refused.
    answer = models.CharField(max_length=NOTE_LENGTH, blank=True)
    # Of the certificate, once it was carried out.
    code = models.CharField(_("certificate"), max_length=80, blank=True, db_collation="C")

    class Meta:
        """What waits is asked for on every home page of a clerk or head."""

        verbose_name = _("disposal")
        indexes = (models.Index(fields=("organ", "state", "-id"), name="disposal_state"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(state="proposed", ended_at=None) | (~Q(state="proposed") & Q(ended_at__isnull=False)),
                name="disposal_ended",
            ),
        )

    def __str__(self) -> str:
        """Name it by its certificate, or its number."""
        return self.code or f"№ {self.pk}"

    @property
    def organ_path(self) -> str:
        """The path of its organ, for the trail."""
        return self.organ.path

    @property
    def level(self) -> Level:
        """How secret it is."""
        return Level(self.label)


class DisposalFile(models.Model):
    """One file of a disposal."""

    disposal = models.ForeignKey(Disposal, models.CASCADE, related_name="files")
    file = models.ForeignKey(WorkFile, models.PROTECT, related_name="disposals")
    # How many files of documents were destroyed with it; what lies in another work file too is kept.
    destroyed = models.PositiveIntegerField(default=0)

    class Meta:
        """Each once, in the order of their codes."""

        ordering = ("file__year", "file__entry")
        constraints = (models.UniqueConstraint(fields=("disposal", "file"), name="disposal_file_once"),)
        indexes = (models.Index(fields=("file",), name="disposal_file"),)

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.file_id} in {self.disposal_id}"


class Approval(models.Model):
    """Somebody agreed to a disposal."""

    disposal = models.ForeignKey(Disposal, models.CASCADE, related_name="approvals")
    by = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    # As they were called then.
    name = models.CharField(max_length=200)
    position = models.CharField(max_length=400)
    # As a head of the organ: one of them has to be.
    leads = models.BooleanField()
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Two are needed, of two persons in two positions."""

        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("disposal", "person"), name="approval_person"),
            models.UniqueConstraint(fields=("disposal", "by"), name="approval_position"),
        )

    def __str__(self) -> str:
        """Name who and what."""
        return f"{self.name}: {self.disposal_id}"
