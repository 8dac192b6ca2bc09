"""Units in a tree: organs, and departments within them; what they were called and where they stood over time."""

from typing import Final

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Role
from lienthong.office.core.models import KeyField, LevelField, PathField

NAME_LENGTH: Final = 200


class DateRange(Func):
    """The days from one date up to before another."""

    function = "DATERANGE"


class Kind(models.TextChoices):
    """What a unit is in the tree."""

    ORGAN = "organ", _("organ")
    DEPARTMENT = "department", _("department")


class Unit(models.Model):
    """An organ, or a department of one. Name, type and parent are those of today; ``UnitVersion`` has all times."""

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    # Stable for ever, unlike name and type: the member code in the exchange for organs.
    code = models.CharField(_("code"), max_length=40, unique=True, db_collation="C")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    # Codes of the profile.
    type = models.CharField(_("type"), max_length=40, blank=True)
    bloc = models.CharField(_("bloc"), max_length=40, blank=True)
    tier = models.CharField(_("tier"), max_length=20, blank=True)
    # The administrative unit it stands for, if any.
    area_code = models.CharField(_("area code"), max_length=10, blank=True, db_collation="C")
    # From confidential up the unit's existence is known only to those who need to know.
    label = LevelField(_("label"), default=Level.INTERNAL)
    valid_from = models.DateField(_("since"), null=True, blank=True)
    # The first day on which it no longer exists.
    valid_to = models.DateField(_("until"), null=True, blank=True)
    # The following are kept by actions: ids from the top down, of itself and of its organ.
    path = PathField(editable=False)
    organ_path = PathField(editable=False)
    organ = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", editable=False)
    # The unit into which it went, which keeps what it left; kept by ``actions.due``. None while it is there.
    keeper = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="kept", editable=False, db_index=False
    )  # fmt: skip
    sort_key = KeyField()
    search_key = KeyField()
    # Counts up with every change: an edit of an older state is refused.
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        """Children in order; the whole subtree as a range of paths."""

        verbose_name = _("unit")
        indexes = (
            models.Index(fields=("parent", "sort_key"), name="unit_children"),
            models.Index(fields=("path",), name="unit_path"),
            models.Index(fields=("sort_key",), name="unit_sorted"),
            # Whether anything of a bloc or tier stands below a unit.
            models.Index(fields=("bloc", "path"), name="unit_bloc"),
            models.Index(fields=("tier", "path"), name="unit_tier"),
            # What stands within an organ and those below it.
            models.Index(fields=("organ_path",), name="unit_organ_path"),
            models.Index(fields=("keeper",), name="unit_kept", condition=Q(keeper__isnull=False)),
        )
        constraints = (
            models.CheckConstraint(condition=~Q(parent=F("id")), name="unit_not_own_parent"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gt=F("valid_from")), name="unit_period"
            ),
        )

    def __str__(self) -> str:
        """Name it."""
        return self.name

    @property
    def level(self) -> Level:
        """How secret it is that it exists."""
        return Level(self.label)

    @property
    def bearer(self) -> "Unit":
        """The unit whose people act for it: itself, or the one that keeps what it left."""
        return self.keeper or self

    @property
    def bearer_id(self) -> int:
        """The id of that."""
        return self.keeper_id or self.pk

    @property
    def depth(self) -> int:
        """How many units stand above."""
        return self.path.count("/") - 1


class UnitKey(models.Model):
    """The name from each of its words on, and the code in lower case: a search is one range of an index.

    Kept by a trigger, as ``PersonKey`` is and for the same reason.
    """

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="keys")
    key = KeyField(max_length=300)
    # The unit's, so that its row need not be looked up to know who may see it.
    label = LevelField()

    class Meta:
        """Found by the beginning of the key."""

        indexes = (models.Index(fields=("key", "unit"), name="unit_key"),)

    def __str__(self) -> str:
        """Name the key."""
        return self.key


class UnitVersion(models.Model):
    """What a unit was called, was, and stood under for some time."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="versions")
    # None: from or to without known end. ``valid_to`` is the first day that no longer counts.
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    name = models.CharField(max_length=NAME_LENGTH)
    type = models.CharField(max_length=40, blank=True)
    parent = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    # The decision that began it.
    decision = models.CharField(max_length=200, blank=True)

    class Meta:
        """One version on any one day."""

        ordering = ("unit", "valid_from")
        # The few that are to come, among all that were.
        indexes = (models.Index(fields=("valid_from",), name="version_begins"),)
        constraints = (
            ExclusionConstraint(
                name="unit_one_version_a_day",
                expressions=[
                    ("unit", RangeOperators.EQUAL),
                    (DateRange("valid_from", "valid_to"), RangeOperators.OVERLAPS),
                ],
            ),
        )

    def __str__(self) -> str:
        """Name it with its first day."""
        return f"{self.name} ({self.valid_from})"


class Succession(models.Model):
    """Which unit went, wholly or in part, into which."""

    # None and a code: a unit of before this register began, such as a commune of before the reform.
    predecessor = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="successions_out")
    old_code = models.CharField(max_length=40, blank=True, db_collation="C")
    old_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    successor = models.ForeignKey(Unit, models.PROTECT, related_name="successions_in")
    since = models.DateField()
    # The predecessor was split: which part went where is not told by the code.
    needs_review = models.BooleanField(default=False)
    decision = models.CharField(max_length=200, blank=True)
    # Positions and accounts of the predecessor go to this successor, and when that was done (``actions.due``).
    carries = models.BooleanField(default=False, db_default=False)
    carried_at = models.DateTimeField(null=True)

    class Meta:
        """Each pair once."""

        indexes = (models.Index(fields=("id",), condition=Q(needs_review=True), name="succession_review"),)
        constraints = (
            models.UniqueConstraint(
                fields=("predecessor", "old_code", "successor"), name="succession_once", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.old_name or self.predecessor_id} → {self.successor_id}"


class Position(models.Model):
    """A post in a unit. Whoever is appointed to it may act in it."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="positions")
    title = models.CharField(_("title"), max_length=NAME_LENGTH)
    roles = ArrayField(
        models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role]),
        verbose_name=_("roles"),
        default=list,
        blank=True,
    )
    # Heads first: lower numbers come first.
    rank = models.PositiveSmallIntegerField(_("rank"), default=100)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    # Kept by actions: that of the unit.
    organ_path = PathField(editable=False)

    class Meta:
        """In order of rank."""

        verbose_name = _("position")
        ordering = ("rank", "id")
        indexes = (models.Index(fields=("unit", "rank", "id"), name="position_order"),)

    def __str__(self) -> str:
        """Name it."""
        return self.title


class Upload(models.Model):
    """A spreadsheet that somebody brought, between the dry run and doing it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # What is in it: ``units`` or ``positions``.
    subject = models.CharField(max_length=12)
    name = models.CharField(max_length=NAME_LENGTH)
    content = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        """Name it by its file."""
        return self.name
