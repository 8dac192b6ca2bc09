"""The trail is only ever added to and read by those who may; notifications and views are one's own; a shared cache."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

from lienthong.office.core import rls
from lienthong.office.core.rls import protect, within

_TRAIL = (
    f"{rls.ALL} OR person_id = {rls.PERSON} OR ({rls.AUDIT} AND label <= {rls.CLEARANCE} AND {within('organ_path')})"
)
_OWN = f"person_id = {rls.PERSON} OR {rls.ALL}"
_APPEND_ONLY = RunSQL(
    """
CREATE FUNCTION core_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is only ever added to' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON core_auditentry
  FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON core_auditentry EXECUTE FUNCTION core_append_only();
""",
    "DROP TRIGGER append_only ON core_auditentry; DROP TRIGGER no_truncate ON core_auditentry;"
    "DROP FUNCTION core_append_only();",
)
# Unlogged: what is counted there may be lost in a crash, and need not be written twice.
_CACHE = RunSQL(
    "CREATE UNLOGGED TABLE core_cache"
    " (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);"
    "CREATE INDEX core_cache_expires ON core_cache (expires);",
    "DROP TABLE core_cache;",
)


class Migration(migrations.Migration):
    """Triggers and row-level security of the frame."""

    dependencies = [("core", "0001_initial")]
    operations = [
        _APPEND_ONLY,
        _CACHE,
        # Anything may be recorded; what is shown of it depends on the reader.
        protect("core_auditentry", _TRAIL, writable="true"),
        protect("core_notification", _OWN, writable="true"),
        protect("core_savedview", _OWN),
    ]
