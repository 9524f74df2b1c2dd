"""What a fresh file holds: counters, the six roles, types and categories, taxonomies, an instance uuid."""

from mispmini.domain import attribute_types, clock, ids
from mispmini.domain.permissions import SIX_ROLES, Permission
from mispmini.store.tables.admin import Counter, Setting
from mispmini.store.tables.events import AttributeCategory, AttributeType
from mispmini.store.tables.people import Role
from mispmini.store.taxonomies import seed_taxonomies

COUNTERS = ("event", "attribute", "object", "object_reference", "event_report", "change", "shared")


def seed() -> None:
    """Add what is missing; what is there stays. Called inside the migration's transaction."""
    for name in COUNTERS:
        Counter.insert(name=name, value=0).on_conflict_ignore().execute()
    for kind in sorted(attribute_types.TYPES):
        AttributeType.insert(name=kind, known=True).on_conflict_ignore().execute()
    for category in attribute_types.CATEGORIES:
        AttributeCategory.insert(name=category, known=True).on_conflict_ignore().execute()
    now = clock.now()
    if not Setting.select().where(Setting.name == "instance_uuid").exists():
        Setting.create(name="instance_uuid", value=ids.new_uuid(), modified=now)
    if not Role.select().exists():
        _seed_roles(now)
    seed_taxonomies()


def _seed_roles(now: int) -> None:
    for role in SIX_ROLES:
        Role.insert(
            id=role.id,
            name=role.name,
            permissions=[flag.value for flag in Permission if flag in role.permissions],
            default_role=role.default_role,
            created=now,
            modified=now,
        ).execute()
