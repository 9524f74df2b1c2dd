"""Addresses of keys with their times, settings of users with theirs, and requests for accounts."""

import json

from peewee import *
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make the new tables; what a key's list of addresses held becomes rows."""
    class User(Model):
        class Meta:
            database = db
            table_name = 'user'

    class AuthKey(Model):
        class Meta:
            database = db
            table_name = 'auth_key'

    class KeyAddress(Model):
        id = NeverReusedId()
        auth_key = ForeignKeyField(AuthKey, on_delete='CASCADE', index=False)
        address = TextField()
        last_seen = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'key_address'
            indexes = ((('auth_key', 'address'), True),)

    class UserSetting(Model):
        id = NeverReusedId()
        user = ForeignKeyField(User, on_delete='CASCADE')
        name = TextField()
        value = JSONField(null=True)
        modified = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'user_setting'
            indexes = ((('user', 'name'), True),)

    class Registration(Model):
        id = NeverReusedId()
        uuid = CharField(unique=True, max_length=36)
        folded_email = TextField(unique=True)
        wishes = JSONField()
        address = TextField(default='')
        user_agent = TextField(default='')
        created = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'registration'

    known = db.execute_sql('SELECT id, unique_ips, coalesce(last_used, created) FROM auth_key').fetchall()
    db.execute_sql('DROP TABLE user_setting')
    db.create_tables([KeyAddress, UserSetting, Registration])
    for key_id, addresses, seen in known:
        for address in dict.fromkeys(json.loads(addresses or '[]')):
            db.execute_sql('INSERT INTO key_address (auth_key_id, address, last_seen) VALUES (?, ?, ?)', (key_id, address, seen))
    migrator.migrate(migrator.drop_column('auth_key', 'unique_ips'))
