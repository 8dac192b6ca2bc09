"""Where numbers come from: without gaps, each once."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lienthong.office.accounts.models import Appointment
from lienthong.office.documents.models.document import NOTE_LENGTH, Document
from lienthong.office.organs.models import Unit


class Period(models.Model):
    """The first day of a term of office: from then on an organ numbers from one."""

    organ = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    starts_on = models.DateField(_("first day"))
    name = models.CharField(_("name"), max_length=200, blank=True)

    class Meta:
        """One a day."""

        constraints = (models.UniqueConstraint(fields=("organ", "starts_on"), name="period_once"),)

    def __str__(self) -> str:
        """Name it."""
        return self.name or str(self.starts_on)

    @property
    def organ_path(self) -> str:
        """The path of its organ, for the trail."""
        return self.organ.path


class Letterhead(models.Model):
    """What an organ's documents bear, where it chose something of its own."""

    organ = models.OneToOneField(Unit, models.CASCADE, primary_key=True, related_name="+")
    notation = models.CharField(_("notation"), max_length=40, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    # Under which it is known to organs without this office; empty: under its own code.
    agency_code = models.CharField(
        _("agency code"), max_length=40, blank=True, default="", db_default="", db_collation="C"
    )

    def __str__(self) -> str:
        """Name it by its notation."""
        return self.notation

    @property
    def organ_path(self) -> str:
        """The path of its organ, for the trail."""
        return self.organ.path


class Series(models.Model):
    """A run of numbers: of an organ, a register, a type and a period."""

    class Register(models.TextChoices):
        """Which register."""

        OUTGOING = "outgoing", _("outgoing")
        INCOMING = "incoming", _("incoming")

    organ = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    register = models.CharField(max_length=10, choices=Register)
    # Slug of the type, for what is issued; empty for arrivals, which are counted together.
    type = models.CharField(max_length=40, blank=True)
    # Secret documents have registers of their own.
    secret = models.BooleanField(default=False)
    # First day of the year or of the term.
    since = models.DateField()
    next = models.PositiveIntegerField(default=1)

    class Meta:
        """Each once: whoever numbers locks the row."""

        constraints = (
            models.UniqueConstraint(fields=("organ", "register", "type", "secret", "since"), name="series_once"),
        )

    def __str__(self) -> str:
        """Name it by what it numbers."""
        return f"{self.organ_id} {self.register} {self.type} {self.since}"


class TakenNumber(models.Model):
    """A number that was given out: to a document, or kept for one to come."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="taken")
    number = models.PositiveIntegerField()
    document = models.OneToOneField(Document, models.PROTECT, null=True, related_name="taken")
    # Why it is kept, or why it was given out of turn.
    reason = models.CharField(_("reason"), max_length=NOTE_LENGTH, blank=True)
    by = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Each number once."""

        constraints = (models.UniqueConstraint(fields=("series", "number"), name="number_once"),)

    def __str__(self) -> str:
        """Name it."""
        return f"{self.series_id}: {self.number}"

    @property
    def organ_path(self) -> str:
        """The path of its organ, for the trail."""
        return self.series.organ.path
