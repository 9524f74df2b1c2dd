"""Files of proposals."""

from peewee import *

def up(migrator, db):
    """Make the table."""
    class Proposal(Model):
        class Meta:
            database = db
            table_name = 'proposal'

    class ProposalFile(Model):
        proposal = ForeignKeyField(Proposal, primary_key=True, on_delete='CASCADE')
        sha256 = CharField(max_length=64, index=True)
        size = BigIntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'proposal_file'

    db.create_tables([ProposalFile])
