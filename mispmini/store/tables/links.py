"""Links to partners: servers, the outbox of promises, the ledger of what became of them."""

from peewee import BlobField, BooleanField, CharField, ForeignKeyField, IntegerField, JSONField, TextField

from mispmini.store.tables.base import NumberedTable, Table
from mispmini.store.tables.people import Organisation


class Server(NumberedTable):
    """A partner's server. `org` owns what is pulled, `remote_org` is whose it is, `user_id` saved the link and
    creates what it pulls; `authkey_ref` and `proxy` name what is sealed (store/sealing.py), `cert_file` and
    `client_cert_file` are files of store/certificates.py; `trusted_orgs` are uuids, none for everybody."""

    name = TextField()
    url = TextField()
    authkey_ref = TextField()
    org = ForeignKeyField(Organisation, lazy_load=False)
    remote_org = ForeignKeyField(Organisation, lazy_load=False, backref="links")
    user_id = IntegerField(null=True)
    push = BooleanField(default=False)
    pull = BooleanField(default=False)
    push_sightings = BooleanField(default=False)
    push_galaxy_clusters = BooleanField(default=False)
    pull_galaxy_clusters = BooleanField(default=False)
    push_analyst_data = BooleanField(default=False)
    pull_analyst_data = BooleanField(default=False)
    publish_without_email = BooleanField(default=False)
    unpublish_event = BooleanField(default=False)
    self_signed = BooleanField(default=False)
    internal = BooleanField(default=False)
    skip_proxy = BooleanField(default=False)
    remove_missing_tags = BooleanField(default=False)
    caching_enabled = BooleanField(default=False)
    push_rules = TextField()
    pull_rules = TextField()
    cert_file = TextField(null=True)
    client_cert_file = TextField(null=True)
    pinned_sha256 = CharField(64, null=True)
    proxy = TextField(null=True)
    allow_internal = JSONField()
    priority = IntegerField(default=0)
    lastpulledid = IntegerField(null=True)
    lastpushedid = IntegerField(null=True)
    paused = BooleanField(default=False)
    pull_interval = IntegerField(null=True)
    next_pull = IntegerField(null=True, index=True)
    last_pull = IntegerField(null=True)
    last_pull_result = TextField(null=True)
    last_push = IntegerField(null=True)
    index_etag = TextField(null=True)
    breaker_until = IntegerField(null=True)
    default_local_tag = TextField(null=True)
    own_name_policy = CharField(8, default="accept")
    created = IntegerField()
    trusted_orgs = JSONField(null=True)
    clock_skew = IntegerField(null=True)
    gone_policy = CharField(8, null=True)
    cache_timestamp = IntegerField(null=True)
    last_compared = IntegerField(null=True)
    unstorable = JSONField(null=True)
    last_pull_try = IntegerField(null=True)
    last_push_try = IntegerField(null=True)
    down_since = IntegerField(null=True)
    down_error = TextField(null=True)


class Outbox(NumberedTable):
    """A promise to tell a server of an event, written with the event (TRUST §3.4). `parked` waits for a human, `watch`
    is what was read of the partner's copy after it gave no answer, `whole` sends also what it could not store."""

    server = ForeignKeyField(Server, lazy_load=False, on_delete="CASCADE", index=False)
    kind = CharField(12)
    event_uuid = CharField(36)
    timestamp = IntegerField()
    created = IntegerField()
    tries = IntegerField(default=0)
    next_try = IntegerField(default=0, index=True)
    parked = BooleanField(default=False)
    last_error = TextField(null=True)
    watch = TextField(null=True)
    whole = BooleanField(default=False)

    class Meta:
        indexes = ((("server", "kind", "event_uuid"), True),)


class Ledger(NumberedTable):
    """What became of an event on a link: the newest outcome by direction (`push` or `pull`). `timestamp` is the version
    that the other end has from us, `there` that of its copy, which may be newer without being changed."""

    server = ForeignKeyField(Server, lazy_load=False, on_delete="CASCADE", index=False)
    direction = CharField(4)
    event_uuid = CharField(36, index=True)
    state = CharField(12, index=True)
    reason = TextField(null=True)
    detail = TextField(null=True)
    http_status = IntegerField(null=True)
    timestamp = IntegerField()
    time = IntegerField(index=True)
    there = IntegerField(null=True)

    class Meta:
        indexes = ((("server", "direction", "event_uuid"), True),)


class Served(NumberedTable):
    """A partner read an event: one row per event, partner and version (RULES §10.2)."""

    event_uuid = CharField(36)
    org_id = IntegerField()
    timestamp = IntegerField()
    authkey_id = IntegerField(null=True)
    time = IntegerField(index=True)

    class Meta:
        indexes = ((("event_uuid", "org_id", "timestamp"), True),)


class RefusedUpdate(NumberedTable):
    """An update that a link was not allowed to make, kept for people to see (RULES §4)."""

    event_uuid = CharField(36, index=True)
    org_id = IntegerField()
    user_id = IntegerField(null=True)
    server_id = IntegerField(null=True)
    timestamp = IntegerField(null=True)
    reason = TextField()
    time = IntegerField(index=True)


class ServerValue(NumberedTable):
    """The MD5 of a value that a partner holds, and the event it stands in there (PROTOCOL §4.9)."""

    server = ForeignKeyField(Server, lazy_load=False, on_delete="CASCADE")
    digest = BlobField(index=True)
    event_uuid = CharField(36, null=True)


class Difference(NumberedTable):
    """What the last comparison of both indexes found on a link: one row per direction and event (RULES §10.9)."""

    server = ForeignKeyField(Server, lazy_load=False, on_delete="CASCADE", index=False)
    direction = CharField(4)
    event_uuid = CharField(36)
    kind = CharField(8)
    detail = TextField()

    class Meta:
        indexes = ((("server", "direction", "event_uuid"), True),)


class KnownAs(NumberedTable):
    """One row: the URL and the organisation's uuid by which partners know this instance, as last confirmed."""

    url = TextField()
    org_uuid = TextField()


class Rereading(NumberedTable):
    """A pulled event whose partner may still have been writing it: read again until two readings have one digest."""

    server = ForeignKeyField(Server, lazy_load=False, on_delete="CASCADE", index=False)
    event_uuid = CharField(36)
    digest = CharField(64)
    readings = IntegerField()
    due = IntegerField(null=True, index=True)

    class Meta:
        indexes = ((("server", "event_uuid"), True),)


LINKS: tuple[type[Table], ...] = (
    Server, Outbox, Ledger, Served, RefusedUpdate, ServerValue, Difference, KnownAs, Rereading,
)  # fmt: skip
