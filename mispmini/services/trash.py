"""What was deleted here and can still be brought back, for whoever may do so (RULES §2)."""

from mispmini.domain.viewer import Viewer
from mispmini.services.rights import may_modify
from mispmini.store.database import reading
from mispmini.store.events import event_standing
from mispmini.store.keeping_tidy import TRASH_SECONDS
from mispmini.store.trash import Trashed as Trashed
from mispmini.store.trash import newest_trashed

MOST_LISTED = 200


def list_trash(viewer: Viewer) -> list[Trashed]:
    """The newest deleted events that the viewer may restore, at most MOST_LISTED."""
    with reading():
        found = newest_trashed(viewer, limit=MOST_LISTED)
        return [one for one in found if may_modify(viewer, event_standing(one.id))]


def days_kept() -> int:
    """For how many days a deleted event can be restored."""
    return TRASH_SECONDS // 86400
