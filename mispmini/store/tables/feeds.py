"""Feeds, what their caches hold, what they delivered; and mail that waits to be sent."""

from peewee import BlobField, BooleanField, CharField, ForeignKeyField, IntegerField, JSONField, TextField

from mispmini.store.tables.base import NumberedTable, Table
from mispmini.store.tables.events import Event


class Feed(NumberedTable):
    """A feed (domain/feeds.py says what each column is)."""

    name = TextField()
    provider = TextField()
    url = TextField()
    rules = TextField(default="")
    enabled = BooleanField(default=False)
    distribution = IntegerField(default=0)
    sharing_group_id = IntegerField(null=True)
    tag_id = IntegerField(null=True)
    default_feed = BooleanField(default=False)
    source_format = CharField(12)
    fixed_event = BooleanField(default=False)
    delta_merge = BooleanField(default=False)
    event_id = IntegerField(null=True)
    publish = BooleanField(default=False)
    override_ids = BooleanField(default=False)
    settings = TextField(default="")
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


class FeedValue(NumberedTable):
    """The MD5 of a value that a feed holds, and the event it stands in there."""

    feed = ForeignKeyField(Feed, lazy_load=False, on_delete="CASCADE")
    digest = BlobField(index=True)
    event_uuid = CharField(36, null=True)


class FeedEvent(NumberedTable):
    """An event that a feed delivered: the feed alone may bring newer versions of it."""

    feed = ForeignKeyField(Feed, lazy_load=False, on_delete="CASCADE")
    event = ForeignKeyField(Event, lazy_load=False, on_delete="CASCADE", unique=True)


class Mail(NumberedTable):
    """A message that waits, or that could not be sent; its text goes when it was sent."""

    job_id = IntegerField(index=True)
    recipient = TextField()
    reply_to = TextField(null=True)
    subject = TextField()
    body = TextField()
    created = IntegerField()
    tries = IntegerField(default=0)
    next_try = IntegerField(index=True)
    error = TextField(null=True)


FEEDS: tuple[type[Table], ...] = (Feed, FeedValue, FeedEvent, Mail)
