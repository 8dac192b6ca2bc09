"""What people do to a document: files, comments, approval along a chain, assignment."""

from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lienthong.office.accounts.models import Appointment
from lienthong.office.documents.models.document import NOTE_LENGTH, Document
from lienthong.office.organs.models import Position, Unit

FILE_NAME_LENGTH: Final = 255


class Chain(models.Model):
    """Through whose hands an organ's drafts go before they are signed."""

    organ = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=200)
    # For drafts of this type; empty: for all that have none of their own.
    type = models.CharField(_("type of document"), max_length=40, blank=True)
    closed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        """Names are used once."""

        verbose_name = _("chain")
        constraints = (
            models.UniqueConstraint(fields=("organ", "name"), condition=Q(closed_at=None), name="chain_name_once"),
        )

    def __str__(self) -> str:
        """Name it."""
        return self.name

    @property
    def organ_path(self) -> str:
        """The path of its organ, for the trail."""
        return self.organ.path


class StepKind(models.TextChoices):
    """What is asked for at a step."""

    APPROVE = "approve", _("approves")
    SIGN = "sign", _("signs")


class ChainStep(models.Model):
    """One pair of hands of a chain."""

    chain = models.ForeignKey(Chain, models.CASCADE, related_name="steps")
    place = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=StepKind)
    position = models.ForeignKey(Position, models.PROTECT, related_name="+")

    class Meta:
        """In order."""

        ordering = ("place",)
        constraints = (models.UniqueConstraint(fields=("chain", "place"), name="chain_step_place"),)

    def __str__(self) -> str:
        """Name its place."""
        return f"{self.chain_id}: {self.place}"


class Step(models.Model):
    """One pair of hands of one document: copied from the chain when it is submitted."""

    class Outcome(models.TextChoices):
        """What came of it."""

        OPEN = "open", _("not decided yet")
        DONE = "done", _("decided")
        RETURNED = "returned", _("returned")

    document = models.ForeignKey(Document, models.CASCADE, related_name="steps")
    # Submitted for the so-manieth time.
    round = models.PositiveSmallIntegerField(default=1)
    place = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=StepKind)
    position = models.ForeignKey(Position, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.OPEN)
    decided_by = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    remark = models.CharField(max_length=NOTE_LENGTH, blank=True)

    class Meta:
        """In order; the first open one of the last round is whose turn it is."""

        ordering = ("round", "place")
        constraints = (models.UniqueConstraint(fields=("document", "round", "place"), name="step_place"),)
        indexes = (models.Index(fields=("position", "document"), name="step_open", condition=Q(outcome="open")),)

    def __str__(self) -> str:
        """Name its place."""
        return f"{self.document_id}: {self.round}.{self.place}"


class Comment(models.Model):
    """What somebody remarks on a document."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="comments")
    by = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    # As they were called then.
    name = models.CharField(max_length=200)
    text = models.CharField(_("comment"), max_length=NOTE_LENGTH)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """From the first on."""

        ordering = ("id",)

    def __str__(self) -> str:
        """Name its document."""
        return f"comment {self.pk} on {self.document_id}"


class Assignment(models.Model):
    """A unit or an official is to carry something out, or to help."""

    class Duty(models.TextChoices):
        """As what."""

        LEAD = "lead", _("leads")
        SUPPORT = "support", _("supports")

    document = models.ForeignKey(Document, models.CASCADE, related_name="assignments")
    duty = models.CharField(max_length=10, choices=Duty)
    # The appointment's id; a unit's id with a minus, as in ``Access``.
    holder = models.BigIntegerField()
    # As it was called then.
    name = models.CharField(max_length=400)
    due = models.DateField(_("due"), null=True)
    instruction = models.CharField(_("instruction"), max_length=NOTE_LENGTH, blank=True)
    by = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)
    done_at = models.DateTimeField(null=True)
    result = models.CharField(_("result"), max_length=NOTE_LENGTH, blank=True)
    # Taken back by a later assignment.
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """What waits for somebody is asked for on every home page."""

        ordering = ("id",)
        indexes = (
            models.Index(fields=("holder", "due"), name="assignment_open", condition=Q(done_at=None, ended_at=None)),
        )

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.name}: {self.document_id}"
