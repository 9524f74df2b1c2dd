"""What differs between a partner and us, for its page (RULES §10.9)."""

from mispmini.domain.viewer import Viewer
from mispmini.services.servers import find_server
from mispmini.store import comparisons as store
from mispmini.store.comparisons import FoundDifference as FoundDifference


def differences_of(viewer: Viewer, server_id: int, *, limit: int) -> tuple[list[FoundDifference], int]:
    """The first of what differs on a link, and how much there is in all. Raises Forbidden, NotFound."""
    server = find_server(viewer, server_id)
    return store.list_differences(server.id, limit), store.count_differences(server.id)
