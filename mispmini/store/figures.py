"""The few numbers of the home page, as one viewer may know them."""

from mispmini.domain.viewer import Viewer
from mispmini.store.sql import row, scalar
from mispmini.store.visibility import attribute_count_for, event_visible_to


def count_events(viewer: Viewer) -> tuple[int, int]:
    """How many events the viewer sees, and how many attributes of these."""
    seen, held = event_visible_to(viewer), attribute_count_for(viewer)
    found = row(
        f"SELECT count(*), coalesce(sum({held.text}), 0) FROM event WHERE {seen.text}", held.params + seen.params
    )
    assert found is not None
    return int(found[0]), int(found[1])


def count_any_organisations() -> int:
    """How many organisations are known here."""
    return int(scalar("SELECT count(*) FROM organisation"))


def has_colleague(user_id: int) -> bool:
    """Whether there is an account besides this one."""
    return row('SELECT 1 FROM "user" WHERE id <> ? LIMIT 1', (user_id,)) is not None


def has_server() -> bool:
    """Whether a partner is connected."""
    return row("SELECT 1 FROM server LIMIT 1") is not None


def has_event_of(org_id: int, *, published: bool) -> bool:
    """Whether an organisation wrote an event here, or published one."""
    condition = " AND publish_timestamp > 0" if published else ""
    return row(f"SELECT 1 FROM event WHERE orgc_id = ?{condition} LIMIT 1", (org_id,)) is not None
