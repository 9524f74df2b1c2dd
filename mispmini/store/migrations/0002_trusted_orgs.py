"""Which organisations a link trusts: the attributes of others lose their to_ids (RULES §10.6)."""

from peewee import *

def up(migrator, db):
    """Add the column; a link without a list trusts everybody."""
    migrator.migrate(migrator.add_column('server', 'trusted_orgs', JSONField(null=True)))
