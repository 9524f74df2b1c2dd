"""Feeds with their caches, and mail that waits to be sent."""

from peewee import *
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make the tables."""
    class Event(Model):
        class Meta:
            database = db
            table_name = 'event'

    class Feed(Model):
        id = NeverReusedId()
        name = TextField()
        provider = TextField()
        url = TextField()
        rules = TextField(default='')
        enabled = BooleanField(default=False)
        distribution = IntegerField(default=0)
        sharing_group_id = IntegerField(null=True)
        tag_id = IntegerField(null=True)
        default_feed = BooleanField(default=False)
        source_format = CharField(max_length=12)
        fixed_event = BooleanField(default=False)
        delta_merge = BooleanField(default=False)
        event_id = IntegerField(null=True)
        publish = BooleanField(default=False)
        override_ids = BooleanField(default=False)
        settings = TextField(default='')
        lookup_visible = BooleanField(default=False)
        headers = TextField(null=True)
        caching_enabled = BooleanField(default=False)
        force_to_ids = BooleanField(default=False)
        orgc_id = IntegerField(null=True)
        allow_internal = JSONField()
        fetch_interval = IntegerField(null=True)
        next_fetch = IntegerField(null=True, index=True)
        last_fetch = IntegerField(null=True)
        last_result = TextField(null=True)
        cache_timestamp = IntegerField(null=True)
        cached_elements = IntegerField(default=0)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'feed'

    class FeedValue(Model):
        id = NeverReusedId()
        feed = ForeignKeyField(Feed, on_delete='CASCADE')
        digest = BlobField(index=True)
        event_uuid = CharField(max_length=36, null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'feed_value'

    class FeedEvent(Model):
        id = NeverReusedId()
        feed = ForeignKeyField(Feed, on_delete='CASCADE')
        event = ForeignKeyField(Event, on_delete='CASCADE', unique=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'feed_event'

    class Mail(Model):
        id = NeverReusedId()
        job_id = IntegerField(index=True)
        recipient = TextField()
        reply_to = TextField(null=True)
        subject = TextField()
        body = TextField()
        created = IntegerField()
        tries = IntegerField(default=0)
        next_try = IntegerField(index=True)
        error = TextField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'mail'

    db.create_tables([Feed, FeedValue, FeedEvent, Mail])
