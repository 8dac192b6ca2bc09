"""The words of files: what a document is found by besides what its register says of it."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from lienthong.office.documents.models.document import Document
from lienthong.office.documents.models.files import File


class Content(models.Model):
    """The words of one file. A table of its own: a document is written often, its files' words once."""

    file = models.OneToOneField(File, models.CASCADE, primary_key=True, related_name="+")
    document = models.ForeignKey(Document, models.CASCADE, related_name="+")
    words = SearchVectorField()

    class Meta:
        """Asked for words."""

        indexes = (GinIndex(fields=("words",), name="content_words", fastupdate=False),)

    def __str__(self) -> str:
        """Name its file."""
        return f"words of file {self.file_id}"
