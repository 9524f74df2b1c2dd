"""The event index as a table: `events/index.csv` (API §9.2)."""

from collections.abc import Iterable, Iterator

from mispmini.domain.index_items import IndexItem
from mispmini.wire.exports.csv import cell

CONTENT_TYPE = "text/csv; charset=UTF-8"
COLUMNS = (
    "id", "date", "info", "tags", "uuid", "published", "analysis", "attribute_count", "orgc_id", "orgc_name",
    "orgc_uuid", "timestamp", "distribution", "sharing_group_id", "threat_level_id", "publish_timestamp",
    "extends_uuid",
)  # fmt: skip


def index_csv(items: Iterable[IndexItem]) -> Iterator[str]:
    """A header, and a line an event."""
    yield f"{','.join(COLUMNS)}\n"
    for item in items:
        yield f"{','.join(map(cell, _cells(item)))}\n"


def _cells(item: IndexItem) -> tuple[object, ...]:
    event = item.event
    return (
        event.id, event.date, event.info, ",".join(tag.name for tag in item.tags), event.uuid, event.published,
        event.analysis, event.attribute_count, event.orgc_id, item.orgc.name, item.orgc.uuid, event.timestamp,
        event.distribution, event.sharing_group_id or 0, event.threat_level_id, event.publish_timestamp,
        event.extends_uuid,
    )  # fmt: skip
