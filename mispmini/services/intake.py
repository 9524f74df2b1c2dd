"""What one event's intake carries along: whose it is, the defaults, and what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mispmini.domain.drafts import Dropped
from mispmini.domain.viewer import Viewer
from mispmini.services.capture import Groups
from mispmini.services.preparing import Defaults


@dataclass(slots=True)
class IntakeState:
    """`fresh` says that the event has just been made, so that nothing of it can be known."""

    viewer: Viewer
    event_id: int
    defaults: Defaults
    groups: Groups
    fresh: bool
    dropped: list[Dropped] = field(default_factory=list)
    changed: int = 0
    narrowed: int = 0  # elements that stay with the organisation alone, as their group was not accepted

    def drop(self, kind: str, uuid: str | None, errors: Mapping[str, tuple[str, ...]]) -> None:
        """Leave an element out, and say so."""
        self.dropped.append(Dropped(kind, uuid, errors))
