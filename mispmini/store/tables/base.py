"""The database the tables are bound to, and the fields they share."""

from typing import Any

from peewee import SQL, AutoField, Model, NodeList, SqliteDatabase

database = SqliteDatabase(None, autoconnect=False, lock_type="IMMEDIATE")


class NeverReusedId(AutoField):
    """An id that SQLite does not hand out again after a deletion; elsewhere a plain serial."""

    def ddl(self, ctx: Any) -> NodeList:
        """The column's definition."""
        node = super().ddl(ctx)
        if isinstance(self.model._meta.database, SqliteDatabase):
            node.nodes.append(SQL("AUTOINCREMENT"))
        return node


class Table(Model):
    """Parent of every table."""

    class Meta:
        database = database
        legacy_table_names = False


class NumberedTable(Table):
    """Parent of every table whose ids are made by the database."""

    id = NeverReusedId()
