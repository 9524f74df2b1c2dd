"""Galaxies and clusters, warninglists, and which built-in knowledge is in use."""

from peewee import *
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make the tables."""
    class Organisation(Model):
        class Meta:
            database = db
            table_name = 'organisation'

    class SharingGroup(Model):
        class Meta:
            database = db
            table_name = 'sharing_group'

    class Galaxy(Model):
        id = NeverReusedId()
        uuid = CharField(max_length=36, unique=True)
        name = TextField()
        type = TextField(index=True)
        description = TextField(default='')
        version = IntegerField(default=0)
        icon = TextField(default='')
        namespace = TextField(default='')
        enabled = BooleanField(default=True)
        local_only = BooleanField(default=False)
        kill_chain_order = TextField(null=True)
        cluster_version = IntegerField(default=0)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'galaxy'

    class GalaxyCluster(Model):
        id = NeverReusedId()
        uuid = CharField(max_length=36, index=True)
        galaxy = ForeignKeyField(Galaxy, on_delete='CASCADE', index=False)
        collection_uuid = TextField(default='')
        type = TextField()
        value = TextField()
        tag_name = TextField()
        folded_tag = TextField(index=True)
        description = TextField(default='')
        source = TextField(default='')
        authors = TextField(default='[]')
        version = IntegerField(default=0)
        distribution = IntegerField()
        sharing_group = ForeignKeyField(SharingGroup, null=True)
        org = ForeignKeyField(Organisation, null=True)
        orgc = ForeignKeyField(Organisation, null=True)
        is_default = BooleanField(default=False, index=True)
        locked = BooleanField(default=False)
        extends_uuid = TextField(default='')
        extends_version = IntegerField(null=True)
        published = BooleanField(default=False)
        deleted = BooleanField(default=False)
        received_from = IntegerField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'galaxy_cluster'
            indexes = ((('galaxy', 'value'), False),)

    class GalaxyElement(Model):
        id = NeverReusedId()
        cluster = ForeignKeyField(GalaxyCluster, on_delete='CASCADE')
        key = TextField()
        value = TextField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'galaxy_element'

    class GalaxyRelation(Model):
        id = NeverReusedId()
        cluster = ForeignKeyField(GalaxyCluster, on_delete='CASCADE')
        referenced_uuid = CharField(max_length=36, index=True)
        type = TextField()
        distribution = IntegerField()
        sharing_group = ForeignKeyField(SharingGroup, null=True)
        is_default = BooleanField(default=False)
        tags = TextField(default='[]')
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'galaxy_relation'

    class GalaxyClusterBlocklist(Model):
        id = NeverReusedId()
        cluster_uuid = CharField(max_length=36, unique=True)
        created = IntegerField()
        cluster_info = TextField(default='')
        comment = TextField(default='')
        cluster_creator = TextField(default='')
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'galaxy_cluster_blocklist'

    class Warninglist(Model):
        id = NeverReusedId()
        name = TextField(unique=True)
        type = TextField()
        description = TextField(default='')
        version = IntegerField(default=0)
        enabled = BooleanField(default=False)
        is_default = BooleanField(default=False)
        category = TextField(default='false_positive')
        entry_count = IntegerField(default=0)
        valid_attributes = TextField(default='[]')
        revision = IntegerField(default=0)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'warninglist'

    class WarninglistEntry(Model):
        id = NeverReusedId()
        warninglist = ForeignKeyField(Warninglist, on_delete='CASCADE')
        value = TextField()
        comment = TextField(default='')
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'warninglist_entry'

    class KnowledgeInUse(Model):
        id = NeverReusedId()
        kind = CharField(max_length=12)
        name = TextField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'knowledge_in_use'
            indexes = ((('kind', 'name'), True),)

    db.create_tables([Galaxy, GalaxyCluster, GalaxyElement, GalaxyRelation, GalaxyClusterBlocklist,
                      Warninglist, WarninglistEntry, KnowledgeInUse])
