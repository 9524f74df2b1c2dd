"""Second factors: the last used step of a code, and recovery codes."""

from peewee import *
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make the column and the table."""
    class User(Model):
        class Meta:
            database = db
            table_name = 'user'

    class RecoveryCode(Model):
        id = NeverReusedId()
        user = ForeignKeyField(User, on_delete='CASCADE')
        code_hash = BlobField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'recovery_code'
            indexes = ((('user', 'code_hash'), True),)

    migrator.migrate(migrator.add_column('user', 'totp_step', IntegerField(default=0)))
    db.create_tables([RecoveryCode])
