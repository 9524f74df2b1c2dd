"""Makes an event's JSON text from rows, for the web: the one service that knows wire (HOUSE §1)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mispmini.domain.errors import NotFound
from mispmini.domain.filters import NOWHERE, Deleted, Elsewhere
from mispmini.domain.graphs import EventGraph
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.analyst_data import attach_analyst_data
from mispmini.services.correlating import attach_related
from mispmini.services.elsewhere import attach_elsewhere
from mispmini.services.extending import extend
from mispmini.services.galaxies import attach_galaxies
from mispmini.services.opinions import attach_opinions, attach_proposed_files
from mispmini.services.warninglists import attach_warnings
from mispmini.store.attachments import attributes_with_files, files_of
from mispmini.store.database import reading
from mispmini.store.events import count_any_attributes
from mispmini.store.graphs import Parts, find_size, load_event
from mispmini.wire.event_out import OutOptions, event_chunks
from mispmini.wire.replies import dump

_MANY_ATTRIBUTES = 5_000


@dataclass(frozen=True, slots=True)
class View:
    """What a caller of events/view wants (PROTOCOL §4.4)."""

    deleted: Deleted = Deleted.LIVE
    metadata: bool = False
    attachments: bool = True
    correlations: bool = True
    local_tags: bool = True
    only_to_ids: bool | None = None
    public: bool = False
    reports: bool = True
    extended: bool = False
    sightings: bool = True
    proposals: bool = True
    analyst_data: bool = True
    galaxies: bool = True
    warnings: bool = True
    elsewhere: Elsewhere = NOWHERE
    tombstones: bool = False


HEAD_ONLY = View(metadata=True, correlations=False, attachments=False)


def viewed_event(viewer: Viewer, ref: str, view: View) -> EventGraph:
    """The event as this viewer may have it over REST, with related events and files. Raises NotFound."""
    with reading():
        graph = viewed_graph(viewer, ref, view)
    if view.attachments and not view.metadata:
        graph.attachments = _files(graph)
        attach_proposed_files([graph])
    return graph


def viewed_graph(viewer: Viewer, ref: str, view: View) -> EventGraph:
    """The same without files, inside a reading(). Raises NotFound."""
    parts = parts_of(viewer, view)
    graph = load_event(viewer, ref, parts)
    if view.extended:
        extend(viewer, graph, parts)
    graph.reports = graph.reports if view.reports else ()
    if view.correlations:
        attach_related(viewer, [graph])
    if view.galaxies:
        attach_galaxies(viewer, [graph])
    if view.warnings:
        attach_warnings([graph])
    if not view.metadata:
        attach_elsewhere(viewer, [graph], view.elsewhere, parts)
        attach_opinions(viewer, [graph], sightings=view.sightings, proposals=view.proposals)
        if view.analyst_data:
            attach_analyst_data(viewer, [graph])
    return graph


def parts_of(viewer: Viewer, view: View) -> Parts:
    """What of an event a view is made of."""
    return Parts(
        elements=not view.metadata,
        deleted=view.deleted,
        local_tags=view.local_tags and not viewer.is_partner,
        tombstones=view.tombstones and viewer.is_partner,
        only_to_ids=view.only_to_ids,
        public=view.public,
        with_groups=True,
    )


def saved_event(viewer: Viewer, event_id: int, view: View) -> EventGraph:
    """What a verb made of an event, for whoever called it: its head alone if it left their sight with this.

    A partner is told how many attributes there are, seen or not: it compares that with what it sent (RULES §3).
    """
    try:
        graph, held = viewed_event(viewer, str(event_id), view), None
    except NotFound:
        graph, held = viewed_event(Viewer.everything(), str(event_id), HEAD_ONLY), 0
    if viewer.is_partner:
        held = count_any_attributes(event_id)
    if held is not None:
        graph.event = graph.event._replace(attribute_count=held)
    return graph


def is_large(viewer: Viewer, ref: str) -> bool:
    """Whether making the event's text takes as long as an export. Raises NotFound."""
    return find_size(viewer, ref) > _MANY_ATTRIBUTES


def event_is_readable(viewer: Viewer, ref: str) -> None:
    """Raises NotFound unless the viewer reads this event."""
    load_event(viewer, ref, Parts(elements=False))


def _files(graph: EventGraph) -> Mapping[int, bytes]:
    return files_of(attributes_with_files([graph.event.id, *(one.id for one in graph.extensions or ())]))


def event_text(viewer: Viewer, graph: EventGraph, view: View, *, errors: object = None) -> Iterator[str]:
    """`{"Event":{…}}` in pieces; with `errors` beside it when parts of what was sent were left out."""
    chunks = event_chunks(graph, options=out_options(viewer, graph, view))
    return chunks if errors is None else _with_errors(chunks, errors)


def _with_errors(chunks: Iterator[str], errors: object) -> Iterator[str]:
    """The same pieces, the last brace of the last one held back for the sibling."""
    last = ""
    for chunk in chunks:
        yield last
        last = chunk
    yield f'{last[:-1]},"errors":{dump(errors, pretty=False)}}}'


def out_options(viewer: Viewer, graph: EventGraph, view: View) -> OutOptions:
    """The shape in which this viewer gets this event."""
    own = graph.event.orgc_id == viewer.org_id and viewer.can(Permission.AUDIT)
    return OutOptions(metadata=view.metadata, with_creator_email=viewer.is_site_admin or own)
