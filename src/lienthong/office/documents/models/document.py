"""A document as one organ has it: what it issues, or what came to it. Every organ has its own copy of both."""

import uuid
from typing import Final

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment
from lienthong.office.core.models import KeyField, LevelField
from lienthong.office.documents.states import Direction, State
from lienthong.office.organs.models import Unit

SUBJECT_LENGTH: Final = 1000
NAME_LENGTH: Final = 400
NOTE_LENGTH: Final = 2000
NUMBER_LENGTH: Final = 80


class Document(models.Model):
    """What its organ's register tells of a document. Files, people and steps hang on it."""

    # Of the paper itself, the same at its author and all its receivers.
    uid = models.UUIDField(default=uuid.uuid4, editable=False)
    # Without an index of its own: those below begin with it.
    organ = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("organ"), db_index=False)
    direction = models.CharField(_("direction"), max_length=10, choices=Direction)
    state = models.CharField(_("where it stands"), max_length=12, choices=State)
    label = LevelField(_("label"), default=Level.INTERNAL)
    # Slugs of the profile.
    type = models.CharField(_("type of document"), max_length=40, blank=True)
    urgency = models.CharField(_("urgency"), max_length=20, default="ordinary")
    subject = models.CharField(_("subject"), max_length=SUBJECT_LENGTH)
    # Number and notation, as on the paper: ``384-QĐ/TW``; empty before it is issued.
    number = models.CharField(_("number"), max_length=NUMBER_LENGTH, blank=True)
    # The same as ``numbers.number_key`` writes it, so that every way to write it finds it.
    number_key = KeyField(max_length=NUMBER_LENGTH)
    dated = models.DateField(_("date"), null=True, blank=True)
    # Place in the register: for what arrives the arrival number, for what is issued the number itself.
    entry = models.PositiveIntegerField(_("entry"), null=True, editable=False)
    # Since when it stands in the register.
    entered_on = models.DateField(_("entered on"), null=True, editable=False)
    # Who issued it: an organ's code in the exchange, where it has one, and its name at the time.
    author_code = models.CharField(max_length=40, blank=True, db_collation="C")
    author = models.CharField(_("issued by"), max_length=NAME_LENGTH, blank=True)
    signer = models.CharField(_("signed by"), max_length=NAME_LENGTH, blank=True)
    place = models.CharField(_("place"), max_length=NAME_LENGTH, blank=True)
    due = models.DateField(_("due"), null=True, blank=True)
    pages = models.PositiveIntegerField(_("pages"), null=True, blank=True)
    copies = models.PositiveIntegerField(_("copies"), null=True, blank=True)
    note = models.CharField(_("notes"), max_length=NOTE_LENGTH, blank=True)
    # The message it came with; receipts are told by it.
    message = models.UUIDField(null=True, editable=False)
    # Clerks and heads of the organ see it, not only those who take part in it.
    at_desk = models.BooleanField(default=False, editable=False)
    # The sender asks for it back, and has not been answered.
    recall_reason = models.CharField(max_length=NOTE_LENGTH, blank=True, editable=False)
    created_by = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    arrived_at = models.DateTimeField(null=True, editable=False)
    completed_at = models.DateTimeField(null=True, editable=False)
    # Words of subject, number and author; none from confidential up.
    words = SearchVectorField(null=True, editable=False)
    # Counts up with every change: an edit of an older state is refused.
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        """Registers are read from their newest entry on."""

        verbose_name = _("document")
        indexes = (
            # With what row-level security asks of a row, so that a register is counted without reading its rows.
            models.Index(
                fields=("organ", "direction", "-entered_on", "-entry", "-id"),
                include=("label", "at_desk"),
                name="document_register",
            ),
            models.Index(fields=("organ", "state", "-id"), name="document_state"),
            models.Index(fields=("organ", "number_key"), name="document_number"),
            models.Index(fields=("organ", "due"), name="document_due", condition=Q(completed_at=None)),
            models.Index(fields=("uid",), name="document_uid"),
            # What is written waits for the index, not who searches: no list of what is still to be entered.
            GinIndex(fields=("words",), name="document_words", fastupdate=False),
        )
        constraints = (
            models.UniqueConstraint(fields=("organ", "message"), name="document_arrives_once"),
            models.CheckConstraint(condition=Q(entry=None) | Q(entered_on__isnull=False), name="document_entry_dated"),
            models.CheckConstraint(
                condition=Q(words=None) | Q(label__lt=Level.CONFIDENTIAL), name="document_words_of_open"
            ),
        )

    def __str__(self) -> str:
        """Name it as an official would; what is labelled by its number alone, as this goes into the trail."""
        if self.label >= Level.CONFIDENTIAL:
            return self.number or f"№ {self.pk}"
        return f"{self.number} {self.subject}".strip()

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


class Access(models.Model):
    """Who takes part in a document, and so sees it: whoever acts in an appointment, or a whole unit."""

    # Without an index of its own: the constraint's begins with it.
    document = models.ForeignKey(Document, models.CASCADE, related_name="access", db_index=False)
    # The appointment's id; a unit's id with a minus, so that one comparison of numbers answers for both.
    holder = models.BigIntegerField()
    # May change the draft; readers may not.
    writes = models.BooleanField(default=False)
    # The work file that lets them in (its id), as long as they work on it; 0: the document itself.
    via = models.BigIntegerField(default=0)
    since = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Asked from both ends."""

        constraints = (models.UniqueConstraint(fields=("document", "holder", "via"), name="access_once"),)
        indexes = (models.Index(fields=("holder", "-document"), name="access_holder"),)

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.holder} sees {self.document_id}"


class Relation(models.Model):
    """A document answers, replaces or rests on another one."""

    class Kind(models.TextChoices):
        """How."""

        ANSWERS = "answers", _("answers")
        REPLACES = "replaces", _("replaces")
        BASED_ON = "based-on", _("is based on")

    document = models.ForeignKey(Document, models.CASCADE, related_name="relations")
    kind = models.CharField(max_length=10, choices=Kind)
    # Here, if it is here; how it is named in any case.
    other = models.ForeignKey(Document, models.SET_NULL, null=True, related_name="related")
    other_number = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    other_uid = models.UUIDField(null=True)

    class Meta:
        """Each pair once of a kind."""

        constraints = (models.UniqueConstraint(fields=("document", "kind", "other"), name="relation_once"),)

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.document_id} {self.kind} {self.other_id or self.other_number}"

    @property
    def turned_round(self) -> Promise:
        """How the other one stands to the document."""
        return _TURNED_ROUND[self.Kind(self.kind)]


_TURNED_ROUND: Final = {
    Relation.Kind.ANSWERS: _("is answered by"),
    Relation.Kind.REPLACES: _("is replaced by"),
    Relation.Kind.BASED_ON: _("is the basis of"),
}
