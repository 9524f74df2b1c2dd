"""What is said about notes, opinions and relationships that may not come in."""

from peewee import *

def up(migrator, db):
    """Add the columns."""
    names = ('analyst_data_info', 'analyst_data_orgc', 'comment')
    migrator.migrate(*(migrator.add_column('analyst_block', name, TextField(default='')) for name in names))
