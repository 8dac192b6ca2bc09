"""What the frame keeps: the audit trail, notifications, saved views of lists."""

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level

if TYPE_CHECKING:
    # The stubs know these as generic, Django does not.
    _Text = models.CharField[str, str]
    _Number = models.PositiveSmallIntegerField[int, int]
else:
    _Text, _Number = models.CharField, models.PositiveSmallIntegerField

PATH_LENGTH: Final = 200


class PathField(_Text):
    """The path of a unit: ids from the top, each followed by a slash. Compared by bytes, whatever the locale."""

    def __init__(self, verbose_name: Any = None, **options: Any) -> None:  # noqa: ANN401 - options of Django's field
        """Fix length and collation."""
        super().__init__(verbose_name, **{"max_length": PATH_LENGTH, "db_collation": "C", **options})


class KeyField(_Text):
    """A key made by ``core.text``: sorted and compared by bytes."""

    def __init__(self, verbose_name: Any = None, **options: Any) -> None:  # noqa: ANN401 - options of Django's field
        """Fix length and collation."""
        super().__init__(verbose_name, **{"max_length": 1000, "db_collation": "C", "editable": False, **options})


class LevelField(_Number):
    """A level of secrecy (``kernel.labels.Level``), as its number."""

    def __init__(self, verbose_name: Any = None, **options: Any) -> None:  # noqa: ANN401 - options of Django's field
        """Allow the five levels."""
        super().__init__(verbose_name, **{"choices": [(level.value, level.slug) for level in Level], **options})


class AuditEntry(models.Model):
    """One thing that was done. Only ever added: a trigger refuses update and delete."""

    at = models.DateTimeField(_("when"), db_default=Now(), editable=False)
    # ``source:subject:action``, such as ``accounts:person:suspend``.
    kind = models.CharField(_("what"), max_length=80, db_collation="C")
    # Without foreign keys: the trail outlives what it tells of, and never locks it.
    person_id = models.BigIntegerField(_("who"), default=0)
    person_name = models.CharField(max_length=200, blank=True)
    appointment_id = models.BigIntegerField(default=0)
    # As it was called then: position and organ.
    acting_as = models.CharField(_("acting as"), max_length=400, blank=True)
    on_behalf_of = models.CharField(_("on behalf of"), max_length=200, blank=True)
    # ``app.model`` and id of what was changed, and its name at the time.
    object_type = models.CharField(max_length=60, db_collation="C")
    object_id = models.BigIntegerField(default=0)
    object_name = models.CharField(_("object"), max_length=400, blank=True)
    # Whose auditors may read it.
    organ_path = PathField()
    label = LevelField(default=Level.PUBLIC)
    old = models.JSONField(_("before"), null=True)
    new = models.JSONField(_("after"), null=True)
    address = models.GenericIPAddressField(_("from"), null=True)

    class Meta:
        """Indexes for one object's history, one person's deeds, and the trail of an organ."""

        ordering = ("-id",)
        indexes = (
            models.Index(fields=("object_type", "object_id", "-id"), name="audit_object"),
            models.Index(fields=("person_id", "-id"), name="audit_person"),
            models.Index(fields=("organ_path", "-id"), name="audit_organ"),
            models.Index(fields=("kind", "-id"), name="audit_kind"),
        )

    def __str__(self) -> str:
        """Name it by number and kind."""
        return f"{self.pk} {self.kind}"


class Notification(models.Model):
    """Something a person should know or do. Never shown again once it is done."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)
    # ``app:subject:event``; the text is made from kind and facts in the reader's language (``core.notifications``).
    kind = models.CharField(max_length=80)
    facts = models.JSONField(default=dict)
    # Within this site only: begins with a slash.
    url = models.CharField(max_length=400)
    # How secret what it is about is: from confidential up, mails do not tell of it.
    label = LevelField(default=Level.INTERNAL, db_default=Level.INTERNAL.value)
    # What it is about, so that all notifications of it end when it is done: ``app.model:id``.
    about = models.CharField(max_length=100, db_collation="C")
    read_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        """The open ones of a person are asked for on every page."""

        ordering = ("-id",)
        indexes = (
            models.Index(fields=("person", "-id"), name="note_open", condition=models.Q(done_at=None, read_at=None)),
            models.Index(fields=("about",), name="note_about", condition=models.Q(done_at=None)),
        )

    def __str__(self) -> str:
        """Name it by kind and subject."""
        return f"{self.kind} {self.about}"


class MailChoice(models.TextChoices):
    """When a person is told by mail what they have not read."""

    SOON = "soon", _("soon")
    DAILY = "daily", _("once a day")
    NEVER = "never", _("never")


class NotificationChoice(models.Model):
    """How a person wants to be told; without one, soon."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    mail = models.CharField(_("mail"), max_length=10, choices=MailChoice, default=MailChoice.SOON)

    def __str__(self) -> str:
        """Name the choice."""
        return self.mail


class SavedView(models.Model):
    """A person's own name for a filter and order of a list."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # The list's name in ``core.lists``.
    page = models.CharField(max_length=60)
    name = models.CharField(max_length=80)
    # The query string of the page.
    query = models.CharField(max_length=1000)

    class Meta:
        """A name is used once per list."""

        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("person", "page", "name"), name="view_name_once"),)

    def __str__(self) -> str:
        """Name it."""
        return self.name
