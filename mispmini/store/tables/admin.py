"""What keeps the house: settings, counters, jobs, alarms, audit, blocklists."""

from peewee import BigIntegerField, BooleanField, CharField, IntegerField, JSONField, TextField

from mispmini.store.tables.base import NumberedTable, Table


class Counter(Table):
    """A number that only grows: ids of hot tables, the change counter, the revision counter."""

    name = CharField(24, primary_key=True)
    value = BigIntegerField()


class Setting(Table):
    """What an admin changed while running (store/settings.py)."""

    name = TextField(primary_key=True)
    value = JSONField(null=True)
    modified = IntegerField()
    user_id = IntegerField(null=True)


class Job(NumberedTable):
    """Long work with its progress."""

    kind = CharField(24)
    subject = TextField(null=True)
    state = CharField(12, index=True)
    done = IntegerField(default=0)
    total = IntegerField(null=True)
    result = JSONField(null=True)
    wants_cancel = BooleanField(default=False)
    user_id = IntegerField(null=True)
    created = IntegerField()
    started = IntegerField(null=True)
    finished = IntegerField(null=True)


class Alarm(NumberedTable):
    """What the last look at a subject said (domain/alarms.py); `org_id` may see it beside site admins."""

    kind = CharField(24)
    subject = TextField(default="")
    org_id = IntegerField(null=True)
    reason = TextField(default="")
    since = IntegerField()
    looked = IntegerField()
    good = IntegerField(null=True)

    class Meta:
        indexes = ((("kind", "subject"), True),)


class Audit(NumberedTable):
    """One row per request that changed something; `change` holds its steps as JSON, 64 kB at most."""

    time = IntegerField(index=True)
    user_id = IntegerField(null=True)
    org_id = IntegerField(null=True)
    authkey_id = IntegerField(null=True)
    address = TextField(default="")
    action = CharField(24)
    model = CharField(24)
    model_id = IntegerField(null=True)
    title = TextField(default="")
    change = TextField(null=True)
    event_id = IntegerField(null=True, index=True)
    email = TextField(null=True)
    org_name = TextField(null=True)
    how = CharField(12, null=True)
    request = CharField(16, null=True)
    session_id = IntegerField(null=True)

    class Meta:
        indexes = ((("model", "model_id"), False),)


class EventBlocklist(NumberedTable):
    """An event uuid that may not come (back) in."""

    event_uuid = CharField(36, unique=True)
    created = IntegerField()
    event_info = TextField(default="")
    comment = TextField(default="")
    event_orgc = TextField(default="")


class OrgBlocklist(NumberedTable):
    """An organisation whose events may not come in."""

    org_uuid = CharField(36, unique=True)
    created = IntegerField()
    org_name = TextField(default="")
    comment = TextField(default="")


ADMIN: tuple[type[Table], ...] = (Counter, Setting, Job, Alarm, Audit, EventBlocklist, OrgBlocklist)
