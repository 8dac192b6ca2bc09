"""What was sent, to whom, and what the receivers' gateways sealed about it."""

from typing import Final

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lienthong.office.accounts.models import Appointment
from lienthong.office.documents.models.document import NAME_LENGTH, NOTE_LENGTH, Document
from lienthong.office.documents.states import progress_of
from lienthong.office.organs.models import Unit

CODE_LENGTH: Final = 40


class Dispatch(models.Model):
    """One act of sending a document, as one message of the exchange."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("waiting to be sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("could not be sent")

    document = models.ForeignKey(Document, models.CASCADE, related_name="dispatches")
    # As the exchange takes them: organs, ``level:N``, ``below:ORGAN``, ``*``.
    receivers = models.JSONField(default=list)
    # The same in words, as it was chosen.
    audience = models.CharField(max_length=NAME_LENGTH)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # The message of the exchange, once its gateway has taken it.
    message = models.UUIDField(null=True, unique=True)
    trouble = models.CharField(max_length=NOTE_LENGTH, blank=True)
    by = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(null=True)
    # How many organs it went to, and how many stand where: counted as receipts come in.
    total = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    followed_at = models.DateTimeField(null=True)
    # When the exchange is asked next how far it is; None: not any more.
    follow_at = models.DateTimeField(null=True, editable=False)
    # Where the gateway's last answer stood: the next one tells what has moved since.
    position = models.BigIntegerField(default=0, db_default=0, editable=False)
    # What is sent, kept from before it is: said again after a crash it is the same message.
    prepared = models.JSONField(null=True, editable=False)
    # The id under which it left as a packet for organs without this office; empty: through the exchange.
    packet_id = models.CharField(max_length=300, blank=True, default="", db_default="", editable=False)
    # How often somebody had it sent again.
    tries = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        """The newest first."""

        ordering = ("-id",)
        indexes = (
            models.Index(fields=("follow_at",), name="dispatch_follow", condition=models.Q(follow_at__isnull=False)),
            models.Index(fields=("packet_id",), name="dispatch_packet", condition=~models.Q(packet_id="")),
        )

    def __str__(self) -> str:
        """Name it by its audience."""
        return self.audience


class Delivery(models.Model):
    """One receiver of a dispatch."""

    class State(models.TextChoices):
        """How far it is there, as its gateway sealed it."""

        SENT = "sent", _("on its way")
        DELIVERED = "delivered", _("delivered")
        OPENED = "opened", _("opened")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        RECALLED = "recalled", _("taken back")
        DEAD = "dead", _("could not be delivered")

    dispatch = models.ForeignKey(Dispatch, models.CASCADE, related_name="deliveries")
    organ_code = models.CharField(max_length=CODE_LENGTH, db_collation="C")
    # As it was called then.
    organ = models.CharField(max_length=NAME_LENGTH)
    state = models.CharField(max_length=10, choices=State, default=State.SENT)
    # The receiver's own words, when it refused or accepted.
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)
    # Codes that the receiver's office told later: 03 registered, 04 assigned, 06 completed.
    code = models.CharField(max_length=2, blank=True)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        """Each receiver once."""

        constraints = (models.UniqueConstraint(fields=("dispatch", "organ_code"), name="delivery_once"),)
        indexes = (models.Index(fields=("dispatch", "state", "organ"), name="delivery_state"),)

    def __str__(self) -> str:
        """Name the receiver."""
        return self.organ

    @property
    def progress(self) -> str:
        """Where the document stands there, as its office told later; empty where it told nothing."""
        return progress_of(self.code)


class Mailbox(models.Model):
    """When an organ's mailbox at the exchange is looked into next. The system's own."""

    organ = models.OneToOneField(Unit, models.CASCADE, primary_key=True, related_name="+")
    due_at = models.DateTimeField(db_default=Now(), db_index=True)
    # Seconds until the look after that, where there is nothing: they grow.
    pause = models.FloatField(default=0)
    # A look has begun and has not come to its end: what was opened may not be entered yet.
    unsettled = models.BooleanField(default=True)
    # When all that was opened was compared with what is entered.
    checked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Name it by its organ."""
        return str(self.organ_id)
