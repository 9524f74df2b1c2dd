"""The one place that knows the database: tables, migrations, who may see what, finders and writers."""
