"""What people do with members: look, decide, assign, change. It outlasts the next loading."""

from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lienthong.office.core.models import PathField
from lienthong.office.members.models.registry import EngineKey, Record
from lienthong.office.organs.models import Unit

NAME_LENGTH: Final = 200
WORDS_LENGTH: Final = 300
VALUE_LENGTH: Final = 500


class ReviewItem(models.Model):
    """Two records of which people should say whether they are one person's."""

    class Kind(models.TextChoices):
        """Why."""

        PAIR = "pair", _("doubtful pair")
        CLUSTER = "cluster", _("records that contradict each other")

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", _("to be decided")
        WAITING = "waiting", _("needs a second pair of eyes")
        SAME = "same", _("the same person")
        DIFFERENT = "different", _("two persons")

    # The engine's order: the most doubtful first.
    place = models.PositiveIntegerField(_("place"))
    kind = models.CharField(max_length=10, choices=Kind)
    left = models.ForeignKey(Record, models.CASCADE, related_name="+", db_constraint=False)
    right = models.ForeignKey(Record, models.CASCADE, related_name="+", db_constraint=False)
    # The lowest organ that both belong to decides.
    organ_path = PathField()
    probability = models.FloatField(null=True)
    # In bits; and what each comparison adds to it.
    weight = models.FloatField(null=True)
    weights = models.JSONField(default=dict)
    # Names of what speaks against it.
    reasons = models.JSONField(default=list)
    # Records that one person would have.
    impact = models.PositiveIntegerField()
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN, db_default=State.OPEN.value)

    class Meta:
        """The queue, from its beginning."""

        indexes = (
            models.Index(fields=("state", "place"), name="review_queue"),
            models.Index(fields=("organ_path", "state", "place"), name="review_organ"),
        )

    def __str__(self) -> str:
        """Name it by its place."""
        return f"№ {self.place}"


class Decision(models.Model):
    """What somebody said of two records: the engine is told, and it outweighs the model."""

    class Verdict(models.TextChoices):
        """As the engine reads it."""

        SAME = "same", _("the same person")
        DIFFERENT = "different", _("two persons")

    class State(models.TextChoices):
        """Whether it counts."""

        WAITING = "waiting", _("needs a second pair of eyes")
        STANDING = "standing", _("stands")
        REFUSED = "refused", _("refused")
        UNDONE = "undone", _("undone")

    left = EngineKey()
    right = EngineKey()
    organ_path = PathField()
    verdict = models.CharField(_("decision"), max_length=10, choices=Verdict)
    state = models.CharField(_("state"), max_length=10, choices=State)
    # What the model thought then, for whoever looks back.
    probability = models.FloatField(null=True)
    impact = models.PositiveIntegerField()
    person_id = models.BigIntegerField()
    person_name = models.CharField(_("decided by"), max_length=NAME_LENGTH)
    at = models.DateTimeField(_("decided on"), db_default=Now(), editable=False)
    # Who confirmed, refused or undid it.
    second_id = models.BigIntegerField(null=True)
    second_name = models.CharField(_("second pair of eyes"), max_length=NAME_LENGTH, blank=True)
    ended_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=NAME_LENGTH, blank=True)

    class Meta:
        """Of two records one decision counts; the smaller key stands on the left."""

        verbose_name = _("decision")
        indexes = (models.Index(fields=("organ_path", "state", "-id"), name="decision_organ"),)
        constraints = (
            models.UniqueConstraint(
                fields=("left", "right"), name="decision_once", condition=Q(state__in=("waiting", "standing"))
            ),
        )

    def __str__(self) -> str:
        """Name both records."""
        return f"{self.left} {self.right}"


class Look(models.Model):
    """That somebody opened a member's record, and what for. Only ever added."""

    class Purpose(models.TextChoices):
        """What for."""

        MEND = "mend", _("mending what is wrong in the record")
        REVIEW = "review", _("deciding whether two records are one person's")
        CHECK = "check", _("checking data at the member's request")
        DUTY = "duty", _("work on appointments, transfers or rewards")
        INSPECT = "inspect", _("inspection or audit")

    member = EngineKey()
    organ_path = PathField()
    person_id = models.BigIntegerField()
    person_name = models.CharField(max_length=NAME_LENGTH)
    acting_as = models.CharField(max_length=400, blank=True)
    purpose = models.CharField(max_length=10, choices=Purpose)
    words = models.CharField(max_length=WORDS_LENGTH, blank=True)
    # Whether sensitive values were shown.
    sensitive = models.BooleanField()
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Who looked, newest first."""

        indexes = (models.Index(fields=("member", "-id"), name="look_member"),)

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.person_id} saw {self.member}"


class Assignment(models.Model):
    """Which organ mends the records that break a rule, by when."""

    class State(models.TextChoices):
        """Whether it is still to be done."""

        OPEN = "open", _("to be done")
        DONE = "done", _("done")
        WITHDRAWN = "withdrawn", _("withdrawn")

    rule = EngineKey()
    organ = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("organ"))
    organ_path = PathField()
    # Of the organ that gave it: see ``giver``. Empty where an earlier release wrote it.
    giver_path = PathField(blank=True, default="", db_default="")
    due_on = models.DateField(_("by"))
    note = models.CharField(_("note"), max_length=WORDS_LENGTH, blank=True)
    # Failing records when it was given.
    total = models.PositiveIntegerField(_("records"))
    person_id = models.BigIntegerField()
    person_name = models.CharField(_("assigned by"), max_length=NAME_LENGTH)
    at = models.DateTimeField(_("assigned on"), db_default=Now(), editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN, db_default=State.OPEN.value)

    class Meta:
        """One for an organ and a rule at a time; deadlines by their day."""

        verbose_name = _("assignment")
        indexes = (models.Index(fields=("organ_path", "state", "due_on"), name="assignment_organ"),)
        constraints = (
            models.UniqueConstraint(fields=("rule", "organ"), name="assignment_once", condition=Q(state="open")),
        )

    def __str__(self) -> str:
        """Name it by its rule."""
        return self.rule

    @property
    def giver(self) -> str:
        """The path of the organ whose word it is: at or above the one that mends.

        The one that gave it. Once an organ has come under others, who gave it before has no say there any more: the
        organ directly above has it then, as it has where nothing tells, and never the organ itself.
        """
        if self.giver_path and self.organ_path.startswith(self.giver_path):
            return self.giver_path
        return self.organ_path[: self.organ_path.rstrip("/").rfind("/") + 1] or self.organ_path

    @property
    def giver_id(self) -> int:
        """The id of that organ."""
        return int(self.giver.rstrip("/").rpartition("/")[2])


class Change(models.Model):
    """A value that a unit proposes. The engine's rules look at it before it enters, and then a second person."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", _("to be accepted")
        ENTERED = "entered", _("entered")
        REFUSED = "refused", _("refused")

    class Source(models.TextChoices):
        """How it came."""

        PAGE = "page", _("on the member's page")
        SHEET = "sheet", _("from a spreadsheet")
        RULE = "rule", _("proposed by a rule")

    record = EngineKey()
    organ_path = PathField()
    # The column of the registry.
    field = models.CharField(_("field"), max_length=40, db_collation="C")
    old = models.CharField(max_length=VALUE_LENGTH, blank=True)
    new = models.CharField(max_length=VALUE_LENGTH, blank=True)
    source = models.CharField(_("how it came"), max_length=10, choices=Source)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    # Rules the record would still break, or break then.
    breaks = models.JSONField(default=list)
    person_id = models.BigIntegerField()
    person_name = models.CharField(_("proposed by"), max_length=NAME_LENGTH)
    at = models.DateTimeField(_("proposed on"), db_default=Now(), editable=False)
    second_id = models.BigIntegerField(null=True)
    second_name = models.CharField(_("decided by"), max_length=NAME_LENGTH, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Of a value one proposal waits at a time."""

        verbose_name = _("change")
        indexes = (
            models.Index(fields=("organ_path", "state", "-id"), name="change_organ"),
            models.Index(fields=("record",), name="change_record"),
        )
        constraints = (
            models.UniqueConstraint(fields=("record", "field"), name="change_once", condition=Q(state="waiting")),
        )

    def __str__(self) -> str:
        """Name record and field; never the value."""
        return f"{self.record} {self.field}"
