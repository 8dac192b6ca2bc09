"""Labels of notifications, when one is told by mail, and a signal to open pages whenever somebody's change."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.operations import RunSQL

import lienthong.office.core.models
from lienthong.kernel.labels import Level
from lienthong.office.core import rls
from lienthong.office.core.rls import protect

# One signal names up to 300 persons: a payload must be shorter than 8000 bytes.
_SIGNAL = RunSQL(
    """
CREATE FUNCTION core_notes_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE listed text;
BEGIN
  FOR listed IN
    SELECT string_agg(person_id::text, ',')
    FROM (SELECT person_id, row_number() OVER () / 300 AS part FROM (SELECT DISTINCT person_id FROM changed) once) parts
    GROUP BY part
  LOOP
    PERFORM pg_notify('lienthong_notes', listed);
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER told AFTER INSERT ON core_notification REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION core_notes_changed();
CREATE TRIGGER retold AFTER UPDATE ON core_notification REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION core_notes_changed();
""",
    "DROP TRIGGER told ON core_notification; DROP TRIGGER retold ON core_notification;"
    "DROP FUNCTION core_notes_changed();",
)


class Migration(migrations.Migration):
    """What notifications need beyond their table."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("core", "0002_protection"),
    ]
    operations = [
        migrations.AddField(
            "notification",
            "label",
            lienthong.office.core.models.LevelField(db_default=Level.INTERNAL.value, default=Level.INTERNAL),
        ),
        migrations.CreateModel(
            name="NotificationChoice",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mail",
                    models.CharField(
                        choices=[("soon", "soon"), ("daily", "once a day"), ("never", "never")],
                        default="soon",
                        max_length=10,
                        verbose_name="mail",
                    ),
                ),
            ],
        ),
        protect("core_notificationchoice", f"person_id = {rls.PERSON} OR {rls.ALL}"),
        _SIGNAL,
    ]
