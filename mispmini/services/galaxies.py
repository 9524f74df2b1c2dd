"""Galaxies: listed, taken over from the package, shown beside what they tag (MODEL §7.6, RULES §10.5)."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from mispmini.domain import galaxy_files
from mispmini.domain.drafts import TagDraft
from mispmini.domain.errors import Forbidden, NotFound
from mispmini.domain.galaxies import Cluster, ClusterFilters, GalaxyRow, GalaxyUse
from mispmini.domain.graphs import EventGraph, TagRow
from mispmini.domain.permissions import Permission
from mispmini.domain.records import TagRecord
from mispmini.domain.tag_forms import tag_record
from mispmini.domain.viewer import Viewer
from mispmini.services import tags
from mispmini.services.audit import record
from mispmini.services.rights import NO_PERMISSION
from mispmini.services.tags import Tagged
from mispmini.store import clusters
from mispmini.store import galaxies as store
from mispmini.store.database import reading, writing
from mispmini.store.tags import Target, find_tags, fold, galaxy_links, insert_tag

UNKNOWN = "Invalid galaxy"


def list_galaxies(search: str = "") -> list[GalaxyRow]:
    """All of them by id, or those whose name, type or namespace holds a text."""
    return store.list_galaxies(search)


def cluster_counts(viewer: Viewer) -> dict[int, int]:
    """How many clusters that the viewer sees each galaxy has."""
    return store.cluster_counts(viewer)


def package_is_here() -> bool:
    """Whether there is something to take galaxies from."""
    return galaxy_files.is_installed()


def are_missing() -> bool:
    """Whether none is here although the package is."""
    return package_is_here() and not store.list_galaxies()


def existing_galaxy(ref: str) -> GalaxyRow:
    """One by id, uuid or type. Raises NotFound."""
    galaxy = store.find_galaxy(ref)
    if galaxy is None:
        raise NotFound(UNKNOWN)
    return galaxy


def view_galaxy(viewer: Viewer, ref: str) -> tuple[GalaxyRow, list[Cluster]]:
    """A galaxy with the clusters that the viewer sees, without their relations. Raises NotFound."""
    with reading():
        galaxy = existing_galaxy(ref)
        ids = clusters.find_cluster_ids(viewer, ClusterFilters(galaxy_ids=(galaxy.id,)))
        return galaxy, clusters.load_clusters(viewer, ids, relations=False)


def update(viewer: Viewer, progress: Callable[[int, int], bool] = lambda _done, _total: True) -> int:
    """Take over what the installed package brings; how many galaxies are new or newer.

    One transaction a galaxy, so that nobody waits for all of them. `progress` says whether to go on.
    """
    changed: list[str] = []
    found = list(galaxy_files.packaged_galaxies())
    for place, packaged in enumerate(found, 1):
        if not progress(place, len(found)):
            break
        known = store.find_galaxy(packaged.uuid)
        collection = galaxy_files.collection_of(packaged)
        if known and (known.version, known.cluster_version) >= (packaged.version, collection.version):
            continue
        with writing():
            store.take_clusters(store.take_galaxy(packaged), packaged.type, collection)
        changed.append(packaged.type)
    with writing():
        record(viewer, "update", "Galaxy", None, ", ".join(changed)[:2000])
    return len(changed)


def set_enabled(viewer: Viewer, ref: str, *, enabled: bool) -> GalaxyRow:
    """Offer a galaxy and show its clusters beside what is tagged, or not. Raises NotFound."""
    with writing():
        galaxy = existing_galaxy(ref)
        store.set_galaxy_enabled(galaxy.id, enabled=enabled)
        record(viewer, "enable" if enabled else "disable", "Galaxy", galaxy.id, galaxy.name)
        return galaxy


def delete(viewer: Viewer, ref: str) -> GalaxyRow:
    """Remove a galaxy and its clusters; tags stay where they are. Raises NotFound."""
    with writing():
        galaxy = existing_galaxy(ref)
        store.delete_galaxy(galaxy.id)
        record(viewer, "delete", "Galaxy", galaxy.id, galaxy.name)
        return galaxy


def attach_cluster(viewer: Viewer, tagged: Tagged, cluster_ref: str, *, local: bool) -> TagRecord:
    """Tag an event or attribute with a cluster that the viewer sees; its tag is made if it is not here yet.

    Raises NotFound, Forbidden, SaveFailed.
    """
    with writing():
        number = clusters.find_cluster_id(viewer, cluster_ref)
        if number is None:
            raise NotFound("Invalid Galaxy cluster.")
        [cluster] = clusters.load_clusters(viewer, [number], elements=False, relations=False)
        if not viewer.can(Permission.TAGGER):
            raise Forbidden(NO_PERMISSION)
        tag = _tag_of(cluster)
        return tags.attach(viewer, tagged, str(tag.id), local=local)


def _tag_of(cluster: Cluster) -> TagRecord:
    name = cluster.row.tag_name
    known = find_tags([name]).get(fold(name))
    if known is not None:
        return known
    made = tag_record(TagDraft(name, local_only=cluster.galaxy.local_only))
    return made._replace(id=insert_tag(made))


def attach_galaxies(viewer: Viewer, graphs: Sequence[EventGraph]) -> None:
    """Fill which clusters the tags on events and their attributes name, as far as the viewer sees them."""
    if not any(map(_is_tagged, graphs)):
        return
    found = _clusters_of(viewer, (tag for graph in graphs for tag in _tags_in(graph)))
    links = galaxy_links(Target.EVENT, [graph.event.id for graph in graphs])
    inner = galaxy_links(Target.ATTRIBUTE, [graph.event.id for graph in graphs])
    for graph in graphs:
        graph.galaxies = _uses(graph.tags, found, links, graph.event.id)
        shown = {attribute.id for attribute in graph.attributes}
        graph.attribute_galaxies = {
            number: uses
            for number, held in graph.attribute_tags.items()
            if number in shown and (uses := _uses(held, found, inner, number))
        }


def _is_tagged(graph: EventGraph) -> bool:
    return any(tag.is_galaxy for tag in _tags_in(graph))


def _tags_in(graph: EventGraph) -> Iterable[TagRow]:
    yield from graph.tags
    for held in graph.attribute_tags.values():
        yield from held


def _clusters_of(viewer: Viewer, held: Iterable[TagRow]) -> dict[str, Cluster]:
    """Clusters by the folded names of the tags that name them."""
    named = clusters.ids_by_tag(viewer, {tag.name for tag in held if tag.is_galaxy and not tag.deleted})
    by_id = {one.row.id: one for one in clusters.load_clusters(viewer, list(named.values()))}
    return {name: by_id[number] for name, number in named.items() if number in by_id}


def _uses(
    held: Iterable[TagRow], found: Mapping[str, Cluster], links: Mapping[tuple[int, int], int], target_id: int
) -> list[GalaxyUse]:
    return [
        GalaxyUse(found[fold(tag.name)], tag.id, links.get((target_id, tag.id), 0), tag.local, tag.relationship_type)
        for tag in held
        if tag.is_galaxy and not tag.deleted and fold(tag.name) in found
    ]


def clusters_of_tags(viewer: Viewer, held: Iterable[TagRow]) -> dict[int, Cluster]:
    """By tag the cluster that it names, for pages."""
    every = list(held)
    found = _clusters_of(viewer, every) if any(tag.is_galaxy for tag in every) else {}
    return {tag.id: found[fold(tag.name)] for tag in every if tag.is_galaxy and fold(tag.name) in found}
