"""What a search may look at at all: visible events and elements, within the rules of a partner's link."""

from dataclasses import dataclass

from mispmini.domain.filters import Deleted
from mispmini.domain.viewer import Viewer
from mispmini.store.search.matching import FALSE, all_of
from mispmini.store.sql import Predicate
from mispmini.store.visibility import (
    attribute_readable_by,
    deleted_visible_to,
    element_visible_to,
    event_readable_by,
)

# SQLite reads the left table of a CROSS JOIN first, whatever its statistics of the tables say.
AND_THEN = "CROSS JOIN"


@dataclass(frozen=True, slots=True)
class Reach:
    """A viewer's conditions for one search."""

    viewer: Viewer
    deleted: Deleted = Deleted.LIVE

    @classmethod
    def of(cls, viewer: Viewer, deleted: Deleted = Deleted.LIVE) -> "Reach":
        """The reach of a viewer, with elements by their deletion."""
        return cls(viewer, deleted)

    def events(self) -> Predicate:
        """On `event`: visible, and let through by the link's rules (PROTOCOL §3.10, RULES §10.3)."""
        return event_readable_by(self.viewer)

    def attributes(self, event: str = "event") -> Predicate:
        """On `attribute`, given that its event is in reach; never one that carries a tag the link leaves out."""
        return all_of(
            [
                attribute_readable_by(self.viewer, "attribute", event),
                self._deletion("attribute", event),
            ]
        )

    def objects(self, event: str = "event") -> Predicate:
        """On `object`, given that its event is in reach."""
        return all_of([element_visible_to(self.viewer, "object", event), self._deletion("object", event)])

    def holders(self, element: str, condition: Predicate) -> Predicate:
        """Selects ids of the events that hold an attribute or object in reach that is such."""
        if condition is FALSE:
            return FALSE
        reached = all_of([self.elements(element, "host"), condition])
        return Predicate(
            f"SELECT {element}.event_id FROM {element} {AND_THEN} event AS host ON host.id = {element}.event_id"
            f" WHERE {reached.text}",
            reached.params,
        )

    def elements(self, element: str, event: str) -> Predicate:
        """On `attribute` or `object`, by its name."""
        return self.attributes(event) if element == "attribute" else self.objects(event)

    def tag_links(self, link: str) -> Predicate:
        """On a table that attaches tags: alive, and for partners not local (API §8.1)."""
        return Predicate(f"NOT {link}.deleted" + (f" AND NOT {link}.local" if self.viewer.is_partner else ""))

    def _deletion(self, element: str, event: str) -> Predicate:
        if self.deleted is Deleted.LIVE:
            return Predicate(f"NOT {element}.deleted")
        shown = deleted_visible_to(self.viewer, element, event)
        return all_of([shown, Predicate(f"{element}.deleted")]) if self.deleted is Deleted.ONLY else shown
