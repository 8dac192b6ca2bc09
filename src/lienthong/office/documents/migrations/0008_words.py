"""Words of documents are found by an index."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    """The index, and no word of what is labelled in it."""

    dependencies = [("documents", "0007_followed")]
    operations = [
        migrations.AddIndex("document", GinIndex(fields=["words"], name="document_words", fastupdate=False)),
        migrations.AddConstraint(
            "document",
            models.CheckConstraint(
                condition=models.Q(words=None) | models.Q(label__lt=2), name="document_words_of_open"
            ),
        ),
    ]
