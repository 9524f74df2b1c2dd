"""What the field agreed on, and this house: taxonomies, tags that people have at hand, values that are no indicator."""

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from mispmini.store.tables.base import NumberedTable, Table
from mispmini.store.tables.events import Tag
from mispmini.store.tables.people import User


class Taxonomy(NumberedTable):
    """A taxonomy of the package's; `required` asks of every event for one of its tags before it is published."""

    namespace = TextField(unique=True)
    description = TextField(default="")
    version = IntegerField()
    enabled = BooleanField(default=False)
    required = BooleanField(default=False)
    highlighted = BooleanField(default=False)


class FavouriteTag(NumberedTable):
    """A tag that a user wants at hand."""

    user = ForeignKeyField(User, lazy_load=False, on_delete="CASCADE", index=False)
    tag = ForeignKeyField(Tag, lazy_load=False, on_delete="CASCADE")

    class Meta:
        indexes = ((("user", "tag"), True),)


class Allowedlist(NumberedTable):
    """A regular expression; values that it finds are in no search's answer (API §8.5)."""

    name = TextField(unique=True)


FIELD_KNOWLEDGE: tuple[type[Table], ...] = (Taxonomy, FavouriteTag, Allowedlist)
