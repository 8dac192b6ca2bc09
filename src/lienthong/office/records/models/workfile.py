"""A work file: its cover, what lies in it, and who works on it."""

from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment
from lienthong.office.core.models import KeyField, LevelField
from lienthong.office.documents.models import Document
from lienthong.office.organs.models import Unit
from lienthong.office.records.states import Mode, State

TITLE_LENGTH: Final = 500
NOTE_LENGTH: Final = 2000
CODE_LENGTH: Final = 80


class FileSeries(models.Model):
    """A run of numbers of an organ and a year, without gaps."""

    class Register(models.TextChoices):
        """Of what."""

        FILES = "files", _("work files")
        DISPOSALS = "disposals", _("certificates of disposal")

    organ = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    register = models.CharField(max_length=10, choices=Register)
    year = models.PositiveSmallIntegerField()
    next = models.PositiveIntegerField(default=1)

    class Meta:
        """Each once: whoever numbers locks the row."""

        constraints = (models.UniqueConstraint(fields=("organ", "register", "year"), name="file_series_once"),)

    def __str__(self) -> str:
        """Name it by what it numbers."""
        return f"{self.organ_id} {self.register} {self.year}"


class WorkFile(models.Model):
    """What is written on the cover."""

    organ = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("organ"))
    year = models.PositiveSmallIntegerField(_("year"), editable=False)
    entry = models.PositiveIntegerField(_("entry"), editable=False)
    # The organ's code when it was opened, the year, the number.
    code = models.CharField(_("file code"), max_length=CODE_LENGTH, db_collation="C", editable=False)
    title = models.CharField(_("file title"), max_length=TITLE_LENGTH)
    # By which it is found; empty from confidential up.
    title_key = KeyField()
    label = LevelField(_("level"), default=Level.INTERNAL)
    mode = models.CharField(_("access"), max_length=10, choices=Mode, default=Mode.RESTRICTED)
    state = models.CharField(_("where it stands"), max_length=10, choices=State, default=State.OPEN)
    # In years from the day it is closed; none: for ever.
    retention = models.PositiveSmallIntegerField(_("kept for"), null=True)
    # On what that rests.
    retention_reason = models.CharField(_("basis of the term"), max_length=TITLE_LENGTH)
    maker = models.ForeignKey(Appointment, models.PROTECT, related_name="+", verbose_name=_("maker"))
    # Who is to take it over, until they say whether they do.
    offered_to = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+", editable=False)
    opened_on = models.DateField(_("opened on"), editable=False)
    closed_on = models.DateField(_("closed on"), null=True, editable=False)
    # By when it goes to the archive.
    submit_by = models.DateField(_("submit by"), null=True, editable=False)
    submitted_on = models.DateField(_("submitted on"), null=True, editable=False)
    archived_on = models.DateField(_("in the archive since"), null=True, editable=False)
    disposed_on = models.DateField(_("disposed of on"), null=True, editable=False)
    # The first day on which it need not be kept any more.
    keep_until = models.DateField(_("kept until"), null=True, editable=False)
    # Why it was closed although something was unfinished.
    close_reason = models.CharField(max_length=NOTE_LENGTH, blank=True, editable=False)
    documents = models.PositiveIntegerField(_("documents"), default=0, editable=False)
    pages = models.PositiveIntegerField(_("pages"), default=0, editable=False)
    # When its maker was last reminded of a deadline.
    reminded_on = models.DateField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Counts up with every change: an edit of an older state is refused.
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        """Lists are read from the newest on; deadlines by their day."""

        verbose_name = _("work file")
        indexes = (
            models.Index(fields=("organ", "-year", "-entry"), name="workfile_register"),
            models.Index(fields=("organ", "state", "-id"), name="workfile_state"),
            models.Index(fields=("maker", "state"), name="workfile_maker"),
            models.Index(fields=("offered_to",), name="workfile_offered", condition=Q(offered_to__isnull=False)),
            models.Index(fields=("submit_by",), name="workfile_submit", condition=Q(state=State.CLOSED)),
            models.Index(fields=("organ", "keep_until"), name="workfile_keep", condition=Q(state=State.ARCHIVED)),
        )
        constraints = (
            models.UniqueConstraint(fields=("organ", "year", "entry"), name="workfile_number_once"),
            models.CheckConstraint(
                condition=Q(state=State.OPEN, closed_on=None) | (~Q(state=State.OPEN) & Q(closed_on__isnull=False)),
                name="workfile_closed",
            ),
            # No title of what is labelled stands where it is looked for.
            models.CheckConstraint(
                condition=Q(label__lt=Level.CONFIDENTIAL) | Q(title_key="", mode=Mode.RESTRICTED),
                name="workfile_secret",
            ),
        )

    def __str__(self) -> str:
        """Name it as an official would; what is labelled by its code alone, as this goes into the trail."""
        return self.code if self.label >= Level.CONFIDENTIAL else f"{self.code} {self.title}"

    @property
    def organ_path(self) -> str:
        """The path of its organ, for the trail."""
        return self.organ.path

    @property
    def level(self) -> Level:
        """How secret it is."""
        return Level(self.label)

    @property
    def status(self) -> State:
        """Where it stands."""
        return State(self.state)


class FileAccess(models.Model):
    """Who works on a file, or reads it: whoever acts in an appointment, or a whole unit."""

    file = models.ForeignKey(WorkFile, models.CASCADE, related_name="access")
    # The appointment's id; a unit's id with a minus, as in ``documents.Access``.
    holder = models.BigIntegerField()
    # May add documents and take them out.
    writes = models.BooleanField(default=False)
    since = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Asked from both ends."""

        constraints = (models.UniqueConstraint(fields=("file", "holder"), name="file_access_once"),)
        indexes = (models.Index(fields=("holder", "-file"), name="file_access_holder"),)

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.holder} sees {self.file_id}"


class Item(models.Model):
    """A document in a file."""

    file = models.ForeignKey(WorkFile, models.CASCADE, related_name="items")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    place = models.PositiveIntegerField()
    # Of the document as it lies here; page numbers run through the file.
    pages = models.PositiveIntegerField(_("pages"), default=0)
    added_by = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """In the order of the file."""

        ordering = ("place", "id")
        constraints = (models.UniqueConstraint(fields=("file", "document"), name="item_once"),)
        indexes = (models.Index(fields=("document",), name="item_document"),)

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.document_id} in {self.file_id}"

    @property
    def organ_path(self) -> str:
        """The path of its organ, for the trail."""
        return self.file.organ.path
