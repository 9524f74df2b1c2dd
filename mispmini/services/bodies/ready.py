"""An event's answer with its elements already written and packed, where they are the same for all (SPEED §3).

Only what everybody who reads an event whole gets alike is kept; head and tail are written anew for each reader.
"""

from dataclasses import replace
from typing import NamedTuple

from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventGraph, EventRow
from mispmini.domain.viewer import Viewer
from mispmini.services.bodies import View, out_options, parts_of, viewed_graph
from mispmini.services.correlating import attach_related
from mispmini.services.elsewhere import is_known
from mispmini.services.galaxies import attach_galaxies
from mispmini.store.body_cache import KeptBody, keep_body, kept_body
from mispmini.store.damage import met
from mispmini.store.database import reading
from mispmini.store.graphs import find_event_id, load_event_by_id
from mispmini.store.visibility import reads_every_element
from mispmini.store.whole_events import Revision, count_references, revision_of, says_the_same_to_all
from mispmini.wire.event_out import element_texts, head_text, tail_text
from mispmini.wire.shared_texts import SharedTexts
from mispmini.wire.splice import Packed, pack

WORTH_KEEPING = 50
_ALIKE = frozenset(
    {"event", "org", "orgc", "creator_email", "tags", "attributes", "attribute_tags", "objects", "references",
     "reports", "report_tags", "sharing_groups", "related", "organisations", "galaxies", "warnings"}
)  # fmt: skip


class ReadyEvent(NamedTuple):
    """`{"Event":{…}}` in three pieces: head and tail as text, the elements packed."""

    event: EventRow
    head: str
    elements: Packed
    tail: str


def ready_event(viewer: Viewer, ref: str, view: View) -> ReadyEvent | None:
    """The answer to events/view, if its elements are kept or worth it; None for all else. Raises NotFound."""
    if view.metadata or view.extended or is_known(view.elsewhere):
        return None
    with reading():
        revision = revision_of(find_event_id(viewer, ref))
        if revision.attribute_count < WORTH_KEEPING or not _reads_whole(viewer, revision, view):
            return None
        name = _name(viewer, revision, view)
        kept = kept_body(revision.event_id, revision.rev, name)
        if kept is not None:
            return _around(viewer, revision.event_id, view, Packed(*kept))
        if not says_the_same_to_all(revision.event_id):
            return None
        graph = viewed_graph(viewer, str(revision.event_id), view)
        if met() or not _is_alike(graph) or (view.galaxies and _names_clusters(graph)):
            return None
    elements = pack("".join(element_texts(graph, SharedTexts(graph, for_push=False))).encode())
    keep_body(revision.event_id, revision.rev, name, KeptBody(*elements))
    return _written(viewer, graph, view, elements)


def _reads_whole(viewer: Viewer, revision: Revision, view: View) -> bool:
    sees_deleted = viewer.gets_deleted_of_all or viewer.is_site_admin or viewer.org_id == revision.org_id
    if view.deleted is not Deleted.LIVE and not sees_deleted:
        return False
    return reads_every_element(
        viewer, event_id=revision.event_id, org_id=revision.org_id, restricted=revision.restricted
    )


def _name(viewer: Viewer, revision: Revision, view: View) -> str:
    """What else the elements' text depends on."""
    left_out = f"{view.deleted} {view.only_to_ids} {view.public} {view.reports} {view.galaxies}"
    tombstones = parts_of(viewer, view).tombstones
    return f"{revision.shared} {left_out} {view.warnings} {tombstones}"


def _is_alike(graph: EventGraph) -> bool:
    """Whether nothing that depends on who reads is in the graph, and no reference was left out of it."""
    if any(getattr(graph, name) for name in graph.__dataclass_fields__ if name not in _ALIKE):
        return False
    shown = sum(map(len, graph.references.values()))
    return shown == count_references(graph.event.id)


def _names_clusters(graph: EventGraph) -> bool:
    """Whether tags of attributes name galaxy clusters: who sees these differs."""
    return any(tag.is_galaxy for held in graph.attribute_tags.values() for tag in held)


def _around(viewer: Viewer, event_id: int, view: View, elements: Packed) -> ReadyEvent:
    """Head and tail for this reader, of what is kept."""
    graph = load_event_by_id(viewer, event_id, replace(parts_of(viewer, view), elements=False))
    if view.correlations:
        attach_related(viewer, [graph])
    if view.galaxies:
        attach_galaxies(viewer, [graph])
    return _written(viewer, graph, view, elements)


def _written(viewer: Viewer, graph: EventGraph, view: View, elements: Packed) -> ReadyEvent:
    shared = SharedTexts(graph, for_push=False)
    head = head_text(graph, shared, out_options(viewer, graph, view))
    return ReadyEvent(graph.event, head, elements, tail_text(graph, shared))
