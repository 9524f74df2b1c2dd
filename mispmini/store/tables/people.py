"""Organisations, roles, users, and how users prove who they are."""

from peewee import BlobField, BooleanField, CharField, ForeignKeyField, IntegerField, JSONField, TextField

from mispmini.store.tables.base import NumberedTable, Table


class Organisation(NumberedTable):
    """An organisation; `uuid` is its identity, `folded_name` finds it by name."""

    uuid = CharField(36, unique=True)
    name = TextField()
    folded_name = TextField(index=True)
    description = TextField(null=True)
    type = TextField(default="")
    nationality = TextField(default="")
    sector = TextField(default="")
    contacts = TextField(null=True)
    local = BooleanField(default=False)
    restricted_to_domain = JSONField(null=True)
    landingpage = TextField(null=True)
    created_by = IntegerField(null=True)
    created = IntegerField()
    modified = IntegerField()


class Role(NumberedTable):
    """A role; `permissions` is the list of its flags by MISP's names (MODEL §5.2)."""

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


class User(NumberedTable):
    """An account; `folded_email` is what a login is looked up by; `server_id` the link a sync user belongs to."""

    email = TextField()
    folded_email = TextField(unique=True)
    org = ForeignKeyField(Organisation, lazy_load=False)
    role = ForeignKeyField(Role, lazy_load=False)
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
    certif_public = TextField(default="")
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
    language = CharField(8, null=True)
    theme = CharField(8, null=True)
    created = IntegerField()
    modified = IntegerField()
    totp_step = IntegerField(default=0)


class AuthKey(NumberedTable):
    """A key; only its SHA-256 is kept, first and last four characters for display (TRUST D10)."""

    uuid = CharField(36, unique=True)
    user = ForeignKeyField(User, lazy_load=False, on_delete="CASCADE")
    key_hash = BlobField(unique=True)
    authkey_start = CharField(4)
    authkey_end = CharField(4)
    created = IntegerField()
    expiration = IntegerField(null=True)
    read_only = BooleanField(default=False)
    comment = TextField(default="")
    allowed_ips = JSONField(null=True)
    last_used = IntegerField(null=True)


class KeyAddress(NumberedTable):
    """An address that a key was used from, and when last (FEATURES row 29)."""

    auth_key = ForeignKeyField(AuthKey, lazy_load=False, on_delete="CASCADE", index=False)
    address = TextField()
    last_seen = IntegerField()

    class Meta:
        indexes = ((("auth_key", "address"), True),)


class Session(NumberedTable):
    """A browser's session; the cookie's value is kept as SHA-256 only (TRUST D9)."""

    secret_hash = BlobField(unique=True)
    user = ForeignKeyField(User, lazy_load=False, null=True, on_delete="CASCADE")
    data = JSONField()
    address = TextField(default="")
    created = IntegerField()
    last_seen = IntegerField(index=True)


class OneTimeLink(NumberedTable):
    """A link that works once: set-up, password reset. Only the secret's SHA-256 is kept."""

    kind = CharField(16)
    secret_hash = BlobField(unique=True)
    user = ForeignKeyField(User, lazy_load=False, null=True, on_delete="CASCADE")
    expires = IntegerField()


class RecoveryCode(NumberedTable):
    """Lets its owner in once without the authenticator app; only its SHA-256 is kept (TRUST §5)."""

    user = ForeignKeyField(User, lazy_load=False, on_delete="CASCADE")
    code_hash = BlobField()

    class Meta:
        indexes = ((("user", "code_hash"), True),)


class LoginFailure(NumberedTable):
    """A wrong login, counted against account and address (TRUST S8)."""

    folded_email = TextField(index=True)
    address = TextField()
    time = IntegerField(index=True)


class KeyRefusal(NumberedTable):
    """A refused authkey with the cause, for admins (FEATURES row 30); never the key itself."""

    time = IntegerField(index=True)
    address = TextField()
    authkey_start = CharField(4)
    cause = CharField(16)
    user_id = IntegerField(null=True)


class UserSetting(NumberedTable):
    """A user's own setting by MISP's name."""

    user = ForeignKeyField(User, lazy_load=False, on_delete="CASCADE")
    name = TextField()
    value = JSONField(null=True)
    modified = IntegerField()

    class Meta:
        indexes = ((("user", "name"), True),)


class Registration(NumberedTable):
    """Somebody without an account asks for one; `wishes` is what they typed (API §9.8)."""

    uuid = CharField(36, unique=True)
    folded_email = TextField(unique=True)
    wishes = JSONField()
    address = TextField(default="")
    user_agent = TextField(default="")
    created = IntegerField()


PEOPLE: tuple[type[Table], ...] = (
    Organisation, Role, User, AuthKey, KeyAddress, Session, OneTimeLink, RecoveryCode, LoginFailure, KeyRefusal,
    UserSetting, Registration,
)  # fmt: skip
