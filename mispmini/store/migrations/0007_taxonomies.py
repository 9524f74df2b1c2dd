"""Taxonomies, and the tags that users have at hand; seeding fills in what the package brings."""

from peewee import *
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make the tables."""
    class User(Model):
        class Meta:
            database = db
            table_name = 'user'

    class Tag(Model):
        class Meta:
            database = db
            table_name = 'tag'

    class Taxonomy(Model):
        id = NeverReusedId()
        namespace = TextField(unique=True)
        description = TextField(default='')
        version = IntegerField()
        enabled = BooleanField(default=False)
        required = BooleanField(default=False)
        highlighted = BooleanField(default=False)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'taxonomy'

    class FavouriteTag(Model):
        id = NeverReusedId()
        user = ForeignKeyField(User, on_delete='CASCADE', index=False)
        tag = ForeignKeyField(Tag, on_delete='CASCADE')
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'favourite_tag'
            indexes = ((('user', 'tag'), True),)

    db.create_tables([Taxonomy, FavouriteTag])
