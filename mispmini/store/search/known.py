"""In how many events that a viewer reads a value is already (MODEL §7.17, "known already")."""

from collections.abc import Iterable

from mispmini.domain.viewer import Viewer
from mispmini.store.attributes import value_hash
from mispmini.store.search.matching import all_of
from mispmini.store.search.scope import AND_THEN, Reach
from mispmini.store.sql import in_batches, marks, rows


def events_with_values(viewer: Viewer, values: Iterable[str]) -> dict[str, int]:
    """For each value, whole or a half of a composite, that is known the number of events; looked up by its hash."""
    parts = {value_hash(value): value for value in values}
    reach = Reach.of(viewer)
    seen = all_of([reach.events(), reach.attributes()])
    known: dict[str, int] = {}
    for batch in in_batches(list(parts)):
        found = rows(
            "SELECT value_hash.h, count(DISTINCT value_hash.event_id) FROM value_hash"
            f" {AND_THEN} attribute ON attribute.id = value_hash.attribute_id"
            f" {AND_THEN} event ON event.id = value_hash.event_id"
            f" WHERE value_hash.h IN ({marks(batch)}) AND {seen.text} GROUP BY value_hash.h",
            (*batch, *seen.params),
        )
        known.update((parts[h], count) for h, count in found)
    return known
