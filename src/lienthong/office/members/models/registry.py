"""What the quality engine found, as it was loaded: replaced as a whole by the next loading.

Nothing that people did hangs on these rows by a foreign key: it names records and persons by the engine's own keys.
"""

from typing import TYPE_CHECKING, Any, Final

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lienthong.office.core.models import KeyField, PathField
from lienthong.office.organs.models import Unit

if TYPE_CHECKING:
    # The stubs know it as generic, Django does not.
    _Text = models.CharField[str, str]
else:
    _Text = models.CharField

KEY_LENGTH: Final = 64
"""Of the engine's names for records and persons, and of rules."""
AREA_LENGTH: Final = 10
TEXT_LENGTH: Final = 300


class EngineKey(_Text):
    """A name that the engine gave: of a record, a person or a rule."""

    def __init__(self, verbose_name: Any = None, **options: Any) -> None:  # noqa: ANN401 - options of Django's field
        """Fix length and collation."""
        super().__init__(verbose_name, **{"max_length": KEY_LENGTH, "db_collation": "C", **options})


class Loading(models.Model):
    """One loading of results."""

    # The engine's name of the run.
    run = EngineKey()
    registry = models.CharField(max_length=40)
    # The day that rules called today.
    on = models.DateField()
    records = models.PositiveIntegerField()
    members = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        """Name it by its run."""
        return self.run


class Member(models.Model):
    """A person of the registry: the golden record."""

    key = EngineKey(unique=True)
    # Who answers for it: the organ of the administrative unit, or the top one where the unit is not known.
    organ = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", db_index=False, db_constraint=False, verbose_name=_("organ")
    )
    organ_path = PathField()
    area = models.CharField(max_length=AREA_LENGTH, blank=True, db_collation="C")
    cell = models.CharField(_("cell"), max_length=TEXT_LENGTH, blank=True)
    name = models.CharField(_("name"), max_length=TEXT_LENGTH, blank=True)
    name_key = KeyField()
    # By given name, as Vietnamese lists are sorted.
    sort_key = KeyField()
    # ISO 8601, as much of it as is known.
    birth = models.CharField(_("date of birth"), max_length=10, blank=True)
    records = models.PositiveIntegerField(_("records"))
    failures = models.PositiveIntegerField(_("failures"))
    # Column of the registry to value; and to the record it is from, where there are several.
    values = models.JSONField()
    origins = models.JSONField(default=dict)

    class Meta:
        """Found by the beginning of the name; listed within a part of the tree, or as a whole, by name."""

        verbose_name = _("member")
        indexes = (
            models.Index(fields=("organ_path", "sort_key"), name="member_organ"),
            models.Index(fields=("sort_key", "id"), name="member_sorted"),
            models.Index(fields=("name_key",), name="member_name"),
        )

    def __str__(self) -> str:
        """Name them by the engine's key: this goes into the trail, whose readers may not read members."""
        return self.key


class Identifier(models.Model):
    """A number by which a member can be found."""

    value = models.CharField(max_length=40, db_collation="C")
    # The column of the registry.
    kind = models.CharField(max_length=40, db_collation="C")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    organ_path = PathField()

    class Meta:
        """Asked for by the whole number."""

        indexes = (models.Index(fields=("value",), name="identifier_value"),)

    def __str__(self) -> str:
        """Name it by its kind: the number may be sensitive."""
        return f"{self.kind} of {self.member_id}"


class Record(models.Model):
    """A record as it came, standardised."""

    key = EngineKey(unique=True)
    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False)
    organ = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    organ_path = PathField()
    values = models.JSONField()
    # Column to what was written where nothing could be made of it.
    unread = models.JSONField(default=dict)
    # Column to what was written, and the engine's rules that changed it.
    changes = models.JSONField(default=dict)

    def __str__(self) -> str:
        """Name it."""
        return self.key


class Failure(models.Model):
    """A record that breaks a rule."""

    class State(models.TextChoices):
        """Whether it still does."""

        OPEN = "open", _("to be mended")
        PROPOSED = "proposed", _("a change is proposed")
        MENDED = "mended", _("mended")

    record = models.ForeignKey(Record, models.CASCADE, related_name="failures", db_constraint=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False)
    rule = EngineKey()
    organ_path = PathField()
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN, db_default=State.OPEN.value)

    class Meta:
        """By rule within a part of the tree; what was mended is counted for the progress."""

        indexes = (
            models.Index(fields=("rule", "organ_path", "id"), name="failure_rule"),
            models.Index(fields=("organ_path", "id"), name="failure_organ"),
            models.Index(fields=("rule", "organ_path"), name="failure_mended", condition=models.Q(state="mended")),
        )

    def __str__(self) -> str:
        """Name both."""
        return f"{self.rule}: {self.record_id}"


class Score(models.Model):
    """How good the records of a unit, or of a cell in it, are in one dimension."""

    class Dimension(models.TextChoices):
        """The four words for a good registry."""

        CORRECT = "correct", _("correct")
        COMPLETE = "complete", _("complete")
        CLEAN = "clean", _("clean")
        CURRENT = "current", _("current")

    # The administrative unit; ``*`` is the whole registry.
    area = models.CharField(max_length=AREA_LENGTH, db_collation="C")
    # Empty: the unit itself.
    cell = models.CharField(max_length=TEXT_LENGTH, blank=True)
    parent = models.CharField(max_length=AREA_LENGTH, blank=True, db_collation="C")
    name = models.CharField(max_length=TEXT_LENGTH)
    organ_path = PathField()
    dimension = models.CharField(max_length=10, choices=Dimension)
    # Checks that were made, and those that did not hold.
    checks = models.BigIntegerField()
    failures = models.BigIntegerField()
    # From 0 to 100, weighted by rule; none where nothing was checked.
    score = models.FloatField(null=True)
    # In percent of the unit's records; none for cells, and where records were not linked.
    exact_duplicates = models.FloatField(null=True)
    estimated_duplicates = models.FloatField(null=True)
    # What earlier runs said, the latest first: objects of day (ISO 8601) and score.
    past = models.JSONField(default=list)

    class Meta:
        """What stands under a unit."""

        indexes = (models.Index(fields=("parent", "area"), name="score_parent"),)
        constraints = (models.UniqueConstraint(fields=("area", "cell", "dimension"), name="score_once"),)

    def __str__(self) -> str:
        """Name it."""
        return f"{self.area} {self.cell} {self.dimension}"


class RuleCount(models.Model):
    """How many records of a unit, and of all below it, break a rule."""

    # ``=`` and an organ's id: of all units for which that organ stands, where there are several.
    area = models.CharField(max_length=AREA_LENGTH, db_collation="C")
    organ_path = PathField()
    rule = EngineKey()
    records = models.BigIntegerField()
    failures = models.BigIntegerField()

    class Meta:
        """Each once."""

        constraints = (models.UniqueConstraint(fields=("area", "rule"), name="rule_count_once"),)
        indexes = (models.Index(fields=("organ_path",), name="rule_count_organ"),)

    def __str__(self) -> str:
        """Name it."""
        return f"{self.area} {self.rule}"
