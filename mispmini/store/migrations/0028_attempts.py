"""When each link was last tried beside when it last worked, since when its partner is down, and who partners know us as."""

from peewee import *
from mispmini.store.tables.base import NeverReusedId

_WORKED = """
UPDATE server SET last_pull_try = last_pull, last_push_try = last_push, breaker_until = NULL,
 last_pull = CASE WHEN last_pull_result LIKE 'Pull completed.%' THEN last_pull ELSE (
  SELECT max(time) FROM ledger WHERE ledger.server_id = server.id AND direction = 'pull'
   AND state IN ('sent', 'updated', 'unchanged', 'partial', 'degraded')) END
"""

def up(migrator, db):
    """Make the columns, and let `last_pull` be what it is called: the last that worked, as far as that is known."""
    class KnownAs(Model):
        id = NeverReusedId()
        url = TextField()
        org_uuid = TextField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'known_as'

    migrator.migrate(
        migrator.add_column('server', 'last_pull_try', IntegerField(null=True)),
        migrator.add_column('server', 'last_push_try', IntegerField(null=True)),
        migrator.add_column('server', 'down_since', IntegerField(null=True)),
        migrator.add_column('server', 'down_error', TextField(null=True)),
    )
    db.execute_sql(_WORKED)
    db.create_tables([KnownAs])
