"""Encrypted files, and the keys they are under. What they are called, are about and belong to is told elsewhere."""

from typing import Final
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from lienthong.office.organs.models import Unit

_SHA256: Final = 32


class KeyState(models.TextChoices):
    """What a key is for."""

    # New files get it.
    ACTIVE = "active", "active"
    # It opens files until they are under a newer one.
    RETIRED = "retired", "retired"
    # It is no more.
    DESTROYED = "destroyed", "destroyed"


class UnitKey(models.Model):
    """A generation of an organ's key; the key itself is in the key store."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    generation = models.PositiveIntegerField()
    # Its id in the key store, 16 bytes.
    reference = models.BinaryField(max_length=16, unique=True)
    state = models.CharField(max_length=10, choices=KeyState, default=KeyState.ACTIVE)
    created = models.DateTimeField(db_default=Now(), editable=False)
    destroyed = models.DateTimeField(null=True)

    class Meta:
        """Generations count up; one of them is for new files."""

        constraints = (
            models.UniqueConstraint(fields=("unit", "generation"), name="vault_key_generation"),
            models.UniqueConstraint(fields=("unit",), condition=Q(state="active"), name="vault_key_active"),
            models.CheckConstraint(
                condition=Q(state="destroyed", destroyed__isnull=False)
                | (~Q(state="destroyed") & Q(destroyed__isnull=True)),
                name="vault_key_destroyed",
            ),
        )

    def __str__(self) -> str:
        """Name it by organ and generation."""
        return f"{self.unit_id}/{self.generation}"

    @property
    def organ_path(self) -> str:
        """The path of the organ it belongs to."""
        return self.unit.organ_path


class Blob(models.Model):
    """A file: bytes, and nothing of what they mean. Its object in the storage is complete before this row is there."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    key = models.ForeignKey(UnitKey, models.PROTECT, related_name="blobs")
    # The file's own key under that of the organ, bound to id, size and digest; none once the file was destroyed.
    wrapped_key = models.BinaryField(null=True)
    # Of the content: bytes, and SHA-256.
    size = models.BigIntegerField()
    sha256 = models.BinaryField(max_length=_SHA256)
    # Bytes in the storage.
    stored = models.BigIntegerField()
    created = models.DateTimeField(db_default=Now(), editable=False)
    shredded_at = models.DateTimeField(null=True)

    class Meta:
        """Which living files a key opens is asked for when it is renewed or destroyed."""

        indexes = (models.Index(fields=("key", "id"), name="vault_blob_key", condition=Q(shredded_at=None)),)
        constraints = (
            models.CheckConstraint(
                condition=Q(wrapped_key__isnull=True, shredded_at__isnull=False)
                | Q(wrapped_key__isnull=False, shredded_at__isnull=True),
                name="vault_blob_shredded",
            ),
        )

    def __str__(self) -> str:
        """Name it by its id."""
        return str(self.pk)
