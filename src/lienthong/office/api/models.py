"""What the API counts."""

from django.db import models


class Window(models.Model):
    """How often a token asked in the minute it asked last. Unlogged: lost in a crash, and that is no loss."""

    token_id = models.BigIntegerField(primary_key=True)
    # Minutes since 1970.
    minute = models.BigIntegerField()
    count = models.IntegerField()

    def __str__(self) -> str:
        """Name the token."""
        return f"token {self.token_id}"
