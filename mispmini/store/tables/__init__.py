"""The tables, by subject. Peewee models are schema and everyday access; hot paths use raw statements (SPEED §3)."""

from mispmini.store.tables.admin import ADMIN
from mispmini.store.tables.analyst_data import ANALYST_DATA
from mispmini.store.tables.base import Table
from mispmini.store.tables.events import EVENTS
from mispmini.store.tables.feeds import FEEDS
from mispmini.store.tables.field_knowledge import FIELD_KNOWLEDGE
from mispmini.store.tables.galaxies import GALAXIES
from mispmini.store.tables.groups import GROUPS
from mispmini.store.tables.handing_over import HANDING_OVER
from mispmini.store.tables.links import LINKS
from mispmini.store.tables.notices import NOTICES
from mispmini.store.tables.opinions import OPINIONS
from mispmini.store.tables.people import PEOPLE

ALL_TABLES: tuple[type[Table], ...] = (
    *PEOPLE, *GROUPS, *EVENTS, *LINKS, *NOTICES, *FIELD_KNOWLEDGE, *ADMIN, *OPINIONS, *GALAXIES, *ANALYST_DATA,
    *HANDING_OVER, *FEEDS,
)  # fmt: skip
