"""Persons: who they are, what they hold, how far they are cleared, how they sign in."""

from typing import ClassVar, Final

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.models import KeyField, LevelField, PathField
from lienthong.office.organs.models import NAME_LENGTH, DateRange, Position, Unit


class State(models.TextChoices):
    """How far an account has come."""

    INVITED = "invited", _("invited")
    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")
    DISMISSED = "dismissed", _("dismissed")


class PersonManager(BaseUserManager["Person"]):
    """What Django's sign-in needs to find a person."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Return the person of that address, whatever its case."""
        return self.get(email=(username or "").lower())


class Person(AbstractBaseUser):
    """An official with an account, looked after by the administrators of one organ."""

    email = models.EmailField(_("official mail address"), unique=True, db_collation="C")
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    organ = models.ForeignKey(Unit, models.PROTECT, related_name="persons", verbose_name=_("organ"))
    phone = models.CharField(_("telephone"), max_length=30, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.INVITED)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="vi")
    # Operates this installation; gives nothing in the organs.
    is_staff = models.BooleanField(_("operator"), default=False)
    # Kept by actions.
    organ_path = PathField(editable=False)
    sort_key = KeyField()
    search_key = KeyField()
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[PersonManager] = PersonManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        """Lists go by name within a range of organs."""

        verbose_name = _("person")
        indexes = (
            models.Index(fields=("sort_key", "id"), name="person_sorted"),
            models.Index(fields=("organ_path", "sort_key", "id"), name="person_organ"),
        )

    def __str__(self) -> str:
        """Name the person."""
        return self.name

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # a plain attribute there, decided by the state here
        """Tell whether signing in is allowed."""
        return self.state == State.ACTIVE

    def get_full_name(self) -> str:
        """Return the name, for mails and pages of libraries."""
        return self.name

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Tell whether Django's admin is open: to operators, whole."""
        del perm, obj
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        """Tell the same for an application of the admin."""
        return self.has_perm(app_label)


class PersonKey(models.Model):
    """The name from each of its words on, and the address: a search is one range of an index.

    Kept by a trigger. PostgreSQL does not use a trigram index under row-level security, as its operators are not
    proved to leak nothing; comparison by bytes is.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="keys")
    key = KeyField(max_length=300)
    organ_path = PathField(editable=False)

    class Meta:
        """Found by the beginning of the key."""

        indexes = (models.Index(fields=("key", "organ_path", "person"), name="person_key"),)

    def __str__(self) -> str:
        """Name the key."""
        return self.key


class Appointment(models.Model):
    """A person holds a position for some time."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="appointments")
    position = models.ForeignKey(Position, models.PROTECT, related_name="appointments")
    valid_from = models.DateField(_("from"))
    # The first day on which it no longer holds; none: open.
    valid_to = models.DateField(_("until"), null=True, blank=True)
    # The one acted in after signing in.
    is_main = models.BooleanField(_("main position"), default=False)

    class Meta:
        """The same position at most once at a time."""

        verbose_name = _("appointment")
        constraints = (
            ExclusionConstraint(
                name="appointment_once",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("position", RangeOperators.EQUAL),
                    (DateRange("valid_from", "valid_to"), RangeOperators.OVERLAPS),
                ],
            ),
        )

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.person_id} · {self.position_id}"

    @property
    def is_open(self) -> bool:
        """Tell whether it holds now, or will."""
        return self.valid_to is None or self.valid_to > localdate()


class Substitution(models.Model):
    """Another person may act in an appointment for some time."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="substitutions")
    substitute = models.ForeignKey(Person, models.CASCADE, related_name="substitutions")
    valid_from = models.DateField(_("from"))
    # The first day on which it no longer holds.
    valid_to = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        """Read by substitute on every page."""

        verbose_name = _("substitution")
        constraints = (
            models.CheckConstraint(condition=Q(valid_to__gt=models.F("valid_from")), name="substitution_period"),
        )

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.substitute_id} for {self.appointment_id}"


class Clearance(models.Model):
    """Up to which level a person may read, and until when. Without one: internal."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="clearances")
    level = LevelField(_("level"))
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until"))
    decision = models.CharField(_("decision"), max_length=200)
    # The account opens top secret documents too, each time after a second factor: clearance alone does not.
    opens_top_secret = models.BooleanField(_("opens top secret documents"), default=False, db_default=False)
    granted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        """One at a time."""

        verbose_name = _("clearance")
        constraints = (
            ExclusionConstraint(
                name="clearance_one_a_day",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (DateRange("valid_from", "valid_to"), RangeOperators.OVERLAPS),
                ],
                condition=Q(revoked_at=None),
            ),
            models.CheckConstraint(condition=Q(valid_to__gt=models.F("valid_from")), name="clearance_period"),
            models.CheckConstraint(
                condition=Q(opens_top_secret=False) | Q(level=Level.TOP_SECRET), name="clearance_top_secret"
            ),
        )

    def __str__(self) -> str:
        """Name person and level."""
        return f"{self.person_id} {Level(self.level).slug}"


class NeedToKnow(models.Model):
    """A labelled unit outside the person's organ that was named to them."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="known")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    valid_to = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=200)
    granted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        """Each pair once."""

        constraints = (models.UniqueConstraint(fields=("person", "unit"), name="known_once"),)

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.person_id} knows {self.unit_id}"


class Invitation(models.Model):
    """A link by which a person sets the first password, or takes over an account; used once."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="invitations")
    # SHA-256 of the token in the link: whoever reads the table cannot use it.
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        """Name the person."""
        return f"invitation of {self.person_id}"


class TokenKind(models.TextChoices):
    """Whose a token is."""

    PERSONAL = "personal", _("personal")
    SYSTEM = "system", _("system")


class Token(models.Model):
    """A key to the API: a person's own, or one of an information system of an organ, acting in an appointment."""

    DIGEST_BYTES: Final = 32

    kind = models.CharField(max_length=10, choices=TokenKind)
    name = models.CharField(_("name"), max_length=80)
    person = models.ForeignKey(Person, models.CASCADE, related_name="tokens")
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="+")
    organ_path = PathField(editable=False)
    # SHA-256 of the token: 256 random bits need no slow hash.
    digest = models.BinaryField(max_length=DIGEST_BYTES, unique=True)
    scopes = ArrayField(models.CharField(max_length=30), default=list)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True)
    # To the hour: a write per request would cost more than it tells.
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Name it."""
        return self.name


class ImportState(models.TextChoices):
    """How far an import has come."""

    WAITING = "waiting", _("being checked")
    CHECKED = "checked", _("checked")
    REFUSED = "refused", _("refused")
    RUNNING = "running", _("running")
    DONE = "done", _("done")


class PersonImport(models.Model):
    """A list of persons that somebody brought: checked first, then, if they still want it, carried out."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    # What they acted as (``acting.SESSION_KEY``): the rights that count.
    acting = models.CharField(max_length=30, blank=True)
    file_name = models.CharField(max_length=200)
    # Gone as soon as it has been checked.
    content = models.BinaryField(null=True)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.WAITING)
    # Why the file as a whole was refused.
    trouble = models.CharField(max_length=400, blank=True)
    # Rows written so far, of those that change something.
    written = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        """Name the file."""
        return self.file_name


class Effect(models.TextChoices):
    """What a row of an import would do."""

    INVITE = "invite", _("invites a new person")
    CHANGE = "change", _("changes an account")
    SAME = "same", _("changes nothing")
    WRONG = "wrong", _("cannot be imported")


class PersonImportRow(models.Model):
    """One row of it, as it would be written."""

    run = models.ForeignKey(PersonImport, models.CASCADE, related_name="rows")
    # As the spreadsheet shows it.
    number = models.PositiveIntegerField()
    effect = models.CharField(max_length=10, choices=Effect)
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    organ = models.ForeignKey(Unit, models.CASCADE, null=True, related_name="+")
    position = models.ForeignKey(Position, models.CASCADE, null=True, related_name="+")
    # Which column is wrong, and what to do.
    column = models.CharField(max_length=10, blank=True)
    trouble = models.CharField(max_length=400, blank=True)
    written = models.BooleanField(default=False)

    class Meta:
        """Shown in order, the wrong ones first; written in order."""

        indexes = (models.Index(fields=("run", "effect", "number"), name="import_rows"),)

    def __str__(self) -> str:
        """Name the row."""
        return f"{self.run_id}: {self.number}"
