"""The first schema. A frozen copy of the tables as they were; a test compares it with the tables of today."""

from peewee import *
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make every table."""
    class Organisation(Model):
        id = NeverReusedId()
        uuid = CharField(unique=True, max_length=36)
        name = TextField()
        folded_name = TextField(index=True)
        description = TextField(null=True)
        type = TextField(default='')
        nationality = TextField(default='')
        sector = TextField(default='')
        contacts = TextField(null=True)
        local = BooleanField(default=False)
        restricted_to_domain = JSONField(null=True)
        landingpage = TextField(null=True)
        created_by = IntegerField(null=True)
        created = IntegerField()
        modified = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'organisation'
    db.create_tables([Organisation])

    class SharingGroup(Model):
        id = NeverReusedId()
        uuid = CharField(unique=True, max_length=36)
        name = TextField()
        releasability = TextField(default='')
        description = TextField(default='')
        organisation_uuid = CharField(max_length=36)
        org = ForeignKeyField(Organisation)
        sync_user_id = IntegerField(null=True)
        active = BooleanField(default=True)
        local = BooleanField(default=True)
        roaming = BooleanField(default=False)
        created = IntegerField()
        modified = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'sharing_group'
    db.create_tables([SharingGroup])

    class Event(Model):
        id = IntegerField(primary_key=True)
        uuid = CharField(unique=True, max_length=36)
        org = ForeignKeyField(Organisation)
        orgc = ForeignKeyField(Organisation, index=False)
        user_id = IntegerField(null=True)
        date = CharField(max_length=10)
        info = TextField()
        timestamp = IntegerField(index=True)
        published = BooleanField(default=False)
        publish_timestamp = IntegerField(index=True, default=0)
        sighting_timestamp = IntegerField(default=0)
        threat_level_id = IntegerField()
        analysis = IntegerField()
        distribution = IntegerField()
        sharing_group = ForeignKeyField(SharingGroup, null=True)
        attribute_count = IntegerField(default=0)
        locked = BooleanField(default=False)
        disable_correlation = BooleanField(default=False)
        extends_uuid = CharField(max_length=36, default='')
        protected = BooleanField(null=True)
        received_from = IntegerField(null=True)
        prev_timestamp = IntegerField(null=True)
        review = BooleanField(default=False)
        in_our_name = BooleanField(default=False)
        restricted = IntegerField(default=0)
        rev = BigIntegerField(default=0)
        trashed = IntegerField(null=True)
        extra = TextField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'event'
            indexes = ((('orgc', 'timestamp'), False),)
    db.create_tables([Event])

    class Attribute(Model):
        id = IntegerField(primary_key=True)
        event = ForeignKeyField(Event, on_delete='CASCADE')
        object_id = IntegerField(null=True)
        object_relation = TextField(null=True)
        type_id = IntegerField()
        category_id = IntegerField()
        value1 = TextField()
        value2 = TextField(null=True)
        to_ids = BooleanField()
        uuid = BlobField(unique=True)
        timestamp = IntegerField(index=True)
        distribution = IntegerField()
        sharing_group_id = IntegerField(null=True)
        comment = TextField(default='')
        deleted = BooleanField(default=False)
        gone_at_source = BooleanField(default=False)
        disable_correlation = BooleanField(default=False)
        first_seen = BigIntegerField(null=True)
        last_seen = BigIntegerField(null=True)
        extra = TextField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'attribute'
            indexes = ((('type_id', 'timestamp'), False),)
    db.create_tables([Attribute])

    class Attachment(Model):
        attribute = ForeignKeyField(Attribute, primary_key=True, on_delete='CASCADE')
        sha256 = CharField(index=True, max_length=64)
        size = BigIntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'attachment'
    db.create_tables([Attachment])

    class AttributeCategory(Model):
        id = NeverReusedId()
        name = TextField(unique=True)
        known = BooleanField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'attribute_category'
    db.create_tables([AttributeCategory])

    class Tag(Model):
        id = NeverReusedId()
        name = TextField()
        folded_name = TextField(unique=True)
        colour = CharField(max_length=7)
        exportable = BooleanField(default=True)
        org_id = IntegerField(null=True)
        user_id = IntegerField(null=True)
        hide_tag = BooleanField(default=False)
        numerical_value = IntegerField(null=True)
        is_galaxy = BooleanField(default=False)
        is_custom_galaxy = BooleanField(default=False)
        local_only = BooleanField(default=False)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'tag'
    db.create_tables([Tag])

    class AttributeTag(Model):
        id = NeverReusedId()
        attribute = ForeignKeyField(Attribute, on_delete='CASCADE', index=False)
        event_id = IntegerField(index=True)
        tag = ForeignKeyField(Tag, on_delete='CASCADE', index=False)
        local = BooleanField(default=False)
        relationship_type = TextField(null=True)
        deleted = BooleanField(default=False)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'attribute_tag'
            indexes = ((('attribute', 'tag'), True), (('tag', 'event_id'), False))
    db.create_tables([AttributeTag])

    class AttributeType(Model):
        id = NeverReusedId()
        name = TextField(unique=True)
        known = BooleanField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'attribute_type'
    db.create_tables([AttributeType])

    class Audit(Model):
        id = NeverReusedId()
        time = IntegerField(index=True)
        user_id = IntegerField(null=True)
        org_id = IntegerField(null=True)
        authkey_id = IntegerField(null=True)
        address = TextField(default='')
        action = CharField(max_length=24)
        model = CharField(max_length=24)
        model_id = IntegerField(null=True)
        title = TextField(default='')
        change = TextField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'audit'
    db.create_tables([Audit])

    class Role(Model):
        id = NeverReusedId()
        name = TextField(unique=True)
        permissions = JSONField()
        default_role = BooleanField(default=False)
        restricted_to_site_admin = BooleanField(default=False)
        enforce_rate_limit = BooleanField(default=False)
        rate_limit_count = IntegerField(default=0)
        memory_limit = TextField(null=True)
        max_execution_time = TextField(null=True)
        created = IntegerField()
        modified = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'role'
    db.create_tables([Role])

    class User(Model):
        id = NeverReusedId()
        email = TextField()
        folded_email = TextField(unique=True)
        org = ForeignKeyField(Organisation)
        role = ForeignKeyField(Role)
        password_hash = TextField(null=True)
        server_id = IntegerField(null=True)
        invited_by = IntegerField(null=True)
        change_pw = BooleanField(default=False)
        disabled = BooleanField(default=False)
        autoalert = BooleanField(default=False)
        contactalert = BooleanField(default=False)
        termsaccepted = BooleanField(default=False)
        newsread = IntegerField(default=0)
        gpgkey = TextField(null=True)
        certif_public = TextField(default='')
        nids_sid = IntegerField(default=4000000)
        expiration = IntegerField(null=True)
        current_login = IntegerField(default=0)
        last_login = IntegerField(default=0)
        last_api_access = IntegerField(default=0)
        last_pw_change = IntegerField(null=True)
        notification_daily = BooleanField(default=False)
        notification_weekly = BooleanField(default=False)
        notification_monthly = BooleanField(default=False)
        totp_secret = TextField(null=True)
        language = CharField(null=True, max_length=8)
        theme = CharField(null=True, max_length=8)
        created = IntegerField()
        modified = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'user'
    db.create_tables([User])

    class AuthKey(Model):
        id = NeverReusedId()
        uuid = CharField(unique=True, max_length=36)
        user = ForeignKeyField(User, on_delete='CASCADE')
        key_hash = BlobField(unique=True)
        authkey_start = CharField(max_length=4)
        authkey_end = CharField(max_length=4)
        created = IntegerField()
        expiration = IntegerField(null=True)
        read_only = BooleanField(default=False)
        comment = TextField(default='')
        allowed_ips = JSONField(null=True)
        unique_ips = JSONField()
        last_used = IntegerField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'auth_key'
    db.create_tables([AuthKey])

    class Counter(Model):
        name = CharField(primary_key=True, max_length=24)
        value = BigIntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'counter'
    db.create_tables([Counter])

    class EventBlocklist(Model):
        id = NeverReusedId()
        event_uuid = CharField(unique=True, max_length=36)
        created = IntegerField()
        event_info = TextField(default='')
        comment = TextField(default='')
        event_orgc = TextField(default='')
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'event_blocklist'
    db.create_tables([EventBlocklist])

    class EventReport(Model):
        id = IntegerField(primary_key=True)
        uuid = CharField(unique=True, max_length=36)
        event = ForeignKeyField(Event, on_delete='CASCADE')
        name = TextField()
        content = TextField(default='')
        distribution = IntegerField()
        sharing_group_id = IntegerField(null=True)
        timestamp = IntegerField()
        deleted = BooleanField(default=False)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'event_report'
    db.create_tables([EventReport])

    class EventTag(Model):
        id = NeverReusedId()
        event = ForeignKeyField(Event, on_delete='CASCADE', index=False)
        tag = ForeignKeyField(Tag, on_delete='CASCADE', index=False)
        local = BooleanField(default=False)
        relationship_type = TextField(null=True)
        deleted = BooleanField(default=False)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'event_tag'
            indexes = ((('event', 'tag'), True), (('tag', 'event'), False))
    db.create_tables([EventTag])

    class Job(Model):
        id = NeverReusedId()
        kind = CharField(max_length=24)
        subject = TextField(null=True)
        state = CharField(index=True, max_length=12)
        done = IntegerField(default=0)
        total = IntegerField(null=True)
        result = JSONField(null=True)
        wants_cancel = BooleanField(default=False)
        user_id = IntegerField(null=True)
        created = IntegerField()
        started = IntegerField(null=True)
        finished = IntegerField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'job'
    db.create_tables([Job])

    class KeyRefusal(Model):
        id = NeverReusedId()
        time = IntegerField(index=True)
        address = TextField()
        authkey_start = CharField(max_length=4)
        cause = CharField(max_length=16)
        user_id = IntegerField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'key_refusal'
    db.create_tables([KeyRefusal])

    class Server(Model):
        id = NeverReusedId()
        name = TextField()
        url = TextField()
        authkey_ref = TextField()
        org = ForeignKeyField(Organisation)
        remote_org = ForeignKeyField(Organisation)
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
        pinned_sha256 = CharField(null=True, max_length=64)
        proxy = TextField(null=True)
        allow_internal = JSONField()
        priority = IntegerField(default=0)
        lastpulledid = IntegerField(null=True)
        lastpushedid = IntegerField(null=True)
        paused = BooleanField(default=False)
        pull_interval = IntegerField(null=True)
        next_pull = IntegerField(index=True, null=True)
        last_pull = IntegerField(null=True)
        last_pull_result = TextField(null=True)
        last_push = IntegerField(null=True)
        index_etag = TextField(null=True)
        breaker_until = IntegerField(null=True)
        default_local_tag = TextField(null=True)
        own_name_policy = CharField(max_length=8, default='accept')
        created = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'server'
    db.create_tables([Server])

    class Ledger(Model):
        id = NeverReusedId()
        server = ForeignKeyField(Server, on_delete='CASCADE', index=False)
        direction = CharField(max_length=4)
        event_uuid = CharField(index=True, max_length=36)
        state = CharField(index=True, max_length=12)
        reason = TextField(null=True)
        detail = TextField(null=True)
        http_status = IntegerField(null=True)
        timestamp = IntegerField()
        time = IntegerField(index=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'ledger'
            indexes = ((('server', 'direction', 'event_uuid'), True),)
    db.create_tables([Ledger])

    class LoginFailure(Model):
        id = NeverReusedId()
        folded_email = TextField(index=True)
        address = TextField()
        time = IntegerField(index=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'login_failure'
    db.create_tables([LoginFailure])

    class MispObject(Model):
        id = IntegerField(primary_key=True)
        event = ForeignKeyField(Event, on_delete='CASCADE')
        uuid = BlobField(unique=True)
        name = TextField()
        meta_category = TextField()
        description = TextField(default='')
        template_uuid = CharField(max_length=36, default='')
        template_version = IntegerField(default=1)
        timestamp = IntegerField()
        distribution = IntegerField()
        sharing_group_id = IntegerField(null=True)
        comment = TextField(default='')
        deleted = BooleanField(default=False)
        gone_at_source = BooleanField(default=False)
        first_seen = BigIntegerField(null=True)
        last_seen = BigIntegerField(null=True)
        extra = TextField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'object'
    db.create_tables([MispObject])

    class ObjectReference(Model):
        id = IntegerField(primary_key=True)
        uuid = BlobField(unique=True)
        event = ForeignKeyField(Event, on_delete='CASCADE')
        object_id = IntegerField(index=True)
        referenced_id = IntegerField()
        referenced_type = IntegerField()
        referenced_uuid = BlobField()
        relationship_type = TextField()
        comment = TextField(default='')
        timestamp = IntegerField()
        deleted = BooleanField(default=False)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'object_reference'
    db.create_tables([ObjectReference])

    class OneTimeLink(Model):
        id = NeverReusedId()
        kind = CharField(max_length=16)
        secret_hash = BlobField(unique=True)
        user = ForeignKeyField(User, null=True, on_delete='CASCADE')
        expires = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'one_time_link'
    db.create_tables([OneTimeLink])

    class OrgBlocklist(Model):
        id = NeverReusedId()
        org_uuid = CharField(unique=True, max_length=36)
        created = IntegerField()
        org_name = TextField(default='')
        comment = TextField(default='')
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'org_blocklist'
    db.create_tables([OrgBlocklist])

    class Outbox(Model):
        id = NeverReusedId()
        server = ForeignKeyField(Server, on_delete='CASCADE', index=False)
        kind = CharField(max_length=12)
        event_uuid = CharField(max_length=36)
        timestamp = IntegerField()
        created = IntegerField()
        tries = IntegerField(default=0)
        next_try = IntegerField(index=True, default=0)
        parked = BooleanField(default=False)
        last_error = TextField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'outbox'
            indexes = ((('server', 'kind', 'event_uuid'), True),)
    db.create_tables([Outbox])

    class OverHash(Model):
        h = BigIntegerField(primary_key=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'over_hash'
    db.create_tables([OverHash])

    class RefusedUpdate(Model):
        id = NeverReusedId()
        event_uuid = CharField(index=True, max_length=36)
        org_id = IntegerField()
        user_id = IntegerField(null=True)
        server_id = IntegerField(null=True)
        timestamp = IntegerField(null=True)
        reason = TextField()
        time = IntegerField(index=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'refused_update'
    db.create_tables([RefusedUpdate])

    class Served(Model):
        id = NeverReusedId()
        event_uuid = CharField(max_length=36)
        org_id = IntegerField()
        timestamp = IntegerField()
        authkey_id = IntegerField(null=True)
        time = IntegerField(index=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'served'
            indexes = ((('event_uuid', 'org_id', 'timestamp'), True),)
    db.create_tables([Served])

    class Session(Model):
        id = NeverReusedId()
        secret_hash = BlobField(unique=True)
        user = ForeignKeyField(User, null=True, on_delete='CASCADE')
        data = JSONField()
        address = TextField(default='')
        created = IntegerField()
        last_seen = IntegerField(index=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'session'
    db.create_tables([Session])

    class Setting(Model):
        name = TextField(primary_key=True)
        value = JSONField(null=True)
        modified = IntegerField()
        user_id = IntegerField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'setting'
    db.create_tables([Setting])

    class SharingGroupOrg(Model):
        id = NeverReusedId()
        sharing_group = ForeignKeyField(SharingGroup, on_delete='CASCADE')
        org = ForeignKeyField(Organisation)
        extend = BooleanField(default=False)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'sharing_group_org'
            indexes = ((('sharing_group', 'org'), True),)
    db.create_tables([SharingGroupOrg])

    class SharingGroupServer(Model):
        id = NeverReusedId()
        sharing_group = ForeignKeyField(SharingGroup, on_delete='CASCADE')
        server_id = IntegerField(null=True)
        all_orgs = BooleanField(default=False)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'sharing_group_server'
            indexes = ((('sharing_group', 'server_id'), True),)
    db.create_tables([SharingGroupServer])

    class UserSetting(Model):
        id = NeverReusedId()
        user = ForeignKeyField(User, on_delete='CASCADE')
        name = TextField()
        value = JSONField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'user_setting'
            indexes = ((('user', 'name'), True),)
    db.create_tables([UserSetting])

    class ValueHash(Model):
        h = BigIntegerField()
        event_id = IntegerField()
        attribute_id = IntegerField()
        class Meta:
            without_rowid = True
            database = db
            legacy_table_names = False
            table_name = 'value_hash'
            primary_key = CompositeKey('h', 'event_id', 'attribute_id')
    db.create_tables([ValueHash])
