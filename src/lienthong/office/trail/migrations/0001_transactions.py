"""Each entry keeps the number of the transaction that wrote it, so that none is passed over when it is chained.

Numbers of entries are given before transactions end: a later number may become visible first. Transactions below the
oldest that still runs have all ended, and so have their entries.
"""

from django.db import migrations

_COLUMN = """
ALTER TABLE core_auditentry ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX audit_transaction ON core_auditentry (xid, id);
"""


class Migration(migrations.Migration):
    """The column stands only in the database: nothing but the chain reads it."""

    initial = True
    dependencies = [("core", "0002_protection")]
    operations = [migrations.RunSQL(_COLUMN, "ALTER TABLE core_auditentry DROP COLUMN xid")]
