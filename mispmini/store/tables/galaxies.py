"""Galaxies with their clusters, lists of values to be wary of, and which built-in knowledge is in use (MODEL §7.6)."""

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from mispmini.store.tables.base import NumberedTable, Table
from mispmini.store.tables.groups import SharingGroup
from mispmini.store.tables.people import Organisation


class Galaxy(NumberedTable):
    """A galaxy; `cluster_version` is that of the package's clusters which were taken over."""

    uuid = CharField(36, unique=True)
    name = TextField()
    type = TextField(index=True)
    description = TextField(default="")
    version = IntegerField(default=0)
    icon = TextField(default="")
    namespace = TextField(default="")
    enabled = BooleanField(default=True)
    local_only = BooleanField(default=False)
    kill_chain_order = TextField(null=True)
    cluster_version = IntegerField(default=0)


class GalaxyCluster(NumberedTable):
    """A cluster: one of the package's (`is_default`), or one that somebody wrote. `org` None is the package's.

    `received_from` is the remote organisation of the link that first brought it.
    """

    uuid = CharField(36, index=True)
    galaxy = ForeignKeyField(Galaxy, lazy_load=False, on_delete="CASCADE", index=False)
    collection_uuid = TextField(default="")
    type = TextField()
    value = TextField()
    tag_name = TextField()
    folded_tag = TextField(index=True)
    description = TextField(default="")
    source = TextField(default="")
    authors = TextField(default="[]")
    version = IntegerField(default=0)
    distribution = IntegerField()
    sharing_group = ForeignKeyField(SharingGroup, lazy_load=False, null=True)
    org = ForeignKeyField(Organisation, lazy_load=False, null=True)
    orgc = ForeignKeyField(Organisation, lazy_load=False, null=True)
    is_default = BooleanField(default=False, index=True)
    locked = BooleanField(default=False)
    extends_uuid = TextField(default="")
    extends_version = IntegerField(null=True)
    published = BooleanField(default=False)
    deleted = BooleanField(default=False)
    received_from = IntegerField(null=True)

    class Meta:
        indexes = ((("galaxy", "value"), False),)


class GalaxyElement(NumberedTable):
    """A word about a cluster: a synonym, a country, a reference."""

    cluster = ForeignKeyField(GalaxyCluster, lazy_load=False, on_delete="CASCADE")
    key = TextField()
    value = TextField()


class GalaxyRelation(NumberedTable):
    """What a cluster has to do with another one, which need not be here; `tags` are names, as JSON."""

    cluster = ForeignKeyField(GalaxyCluster, lazy_load=False, on_delete="CASCADE")
    referenced_uuid = CharField(36, index=True)
    type = TextField()
    distribution = IntegerField()
    sharing_group = ForeignKeyField(SharingGroup, lazy_load=False, null=True)
    is_default = BooleanField(default=False)
    tags = TextField(default="[]")


class GalaxyClusterBlocklist(NumberedTable):
    """A cluster's uuid that may not come (back) in."""

    cluster_uuid = CharField(36, unique=True)
    created = IntegerField()
    cluster_info = TextField(default="")
    comment = TextField(default="")
    cluster_creator = TextField(default="")


class Warninglist(NumberedTable):
    """A list of values that are rarely an indicator; `revision` grows with each change of it."""

    name = TextField(unique=True)
    type = TextField()
    description = TextField(default="")
    version = IntegerField(default=0)
    enabled = BooleanField(default=False)
    is_default = BooleanField(default=False)
    category = TextField(default="false_positive")
    entry_count = IntegerField(default=0)
    valid_attributes = TextField(default="[]")
    revision = IntegerField(default=0)


class WarninglistEntry(NumberedTable):
    """One value of a list."""

    warninglist = ForeignKeyField(Warninglist, lazy_load=False, on_delete="CASCADE")
    value = TextField()
    comment = TextField(default="")


class KnowledgeInUse(NumberedTable):
    """A built-in noticelist or decaying model that is switched on."""

    kind = CharField(12)
    name = TextField()

    class Meta:
        indexes = ((("kind", "name"), True),)


GALAXIES: tuple[type[Table], ...] = (
    Galaxy, GalaxyCluster, GalaxyElement, GalaxyRelation, GalaxyClusterBlocklist, Warninglist, WarninglistEntry,
    KnowledgeInUse,
)  # fmt: skip
