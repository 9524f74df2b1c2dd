"""Sharing groups and their members (MODEL §7.9)."""

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from mispmini.store.tables.base import NumberedTable, Table
from mispmini.store.tables.people import Organisation


class SharingGroup(NumberedTable):
    """A sharing group; `sync_user_id` is who first pushed it, `received_from` the remote organisation of the link that
    first delivered it, by push or pull; None if made here."""

    uuid = CharField(36, unique=True)
    name = TextField()
    releasability = TextField(default="")
    description = TextField(default="")
    organisation_uuid = CharField(36)
    org = ForeignKeyField(Organisation, lazy_load=False)
    sync_user_id = IntegerField(null=True)
    active = BooleanField(default=True)
    local = BooleanField(default=True)
    roaming = BooleanField(default=False)
    created = IntegerField()
    modified = IntegerField()
    received_from = IntegerField(null=True)


class SharingGroupOrg(NumberedTable):
    """A member organisation; `extend` lets it edit the group."""

    sharing_group = ForeignKeyField(SharingGroup, lazy_load=False, on_delete="CASCADE", backref="orgs")
    org = ForeignKeyField(Organisation, lazy_load=False)
    extend = BooleanField(default=False)

    class Meta:
        indexes = ((("sharing_group", "org"), True),)


class SharingGroupServer(NumberedTable):
    """A server of the group; `server_id` None is this instance."""

    sharing_group = ForeignKeyField(SharingGroup, lazy_load=False, on_delete="CASCADE", backref="servers")
    server_id = IntegerField(null=True)
    all_orgs = BooleanField(default=False)

    class Meta:
        indexes = ((("sharing_group", "server_id"), True),)


class RefusedGroupChange(NumberedTable):
    """The newest change that a partner was not allowed to make to a group (RULES §1); `change` is a JSON object."""

    sharing_group = ForeignKeyField(SharingGroup, lazy_load=False, on_delete="CASCADE", index=False)
    org_id = IntegerField()
    user_id = IntegerField(null=True)
    server_id = IntegerField(null=True)
    change = TextField()
    time = IntegerField()

    class Meta:
        indexes = ((("sharing_group", "org_id"), True),)


GROUPS: tuple[type[Table], ...] = (SharingGroup, SharingGroupOrg, SharingGroupServer, RefusedGroupChange)
