"""What the pages of galaxies and their clusters are given, how it is made, and what an event's page shows of them."""

import json
from collections.abc import Iterable
from dataclasses import replace

from mispmini.domain.galaxies import Cluster, ClusterFilters, GalaxyRow, RelationRow
from mispmini.domain.graphs import TagRow
from mispmini.domain.ids import is_row_number
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import clusters, galaxies, viewing
from mispmini.services.instance_settings import load_settings
from mispmini.services.libraries import Library, running_update
from mispmini.services.tags import Tagged
from mispmini.services.viewing import Rights
from mispmini.web.asking import asked
from mispmini.web.building import words
from mispmini.web.building.badges import short_audience
from mispmini.web.pages import Choice, Form, Paging
from mispmini.web.pages.galaxies import ClusterBadge
from mispmini.web.pages.showing import shown
from mispmini.web.paging import asked_slice, paging
from mispmini.wire.cluster_in import read_cluster_search

_MOST_RELATIONS = 200
_MOST_SYNONYMS = 8
_LINK_BEGINS = ("http://", "https://")


@shown
class GalaxyLine:
    """One galaxy in the list."""

    id: int
    name: str
    description: str
    clusters: int
    enabled: bool


@shown
class GalaxiesPage:
    """galaxies/index.html, filtered by GET: value."""

    rows: tuple[GalaxyLine, ...]
    paging: Paging
    form: Form  # value
    filtered: bool
    package_is_here: bool
    taking_over: int | None  # the job that does
    may_edit: bool


@shown
class ClusterLine:
    """One cluster in a list."""

    id: int
    value: str
    galaxy: str
    synonyms: str  # some of them, joined
    description: str
    custom: bool
    published: bool
    audience: str  # short; "" for the package's


@shown
class GalaxyPage:
    """galaxies/view.html, filtered by GET: searchall, context."""

    galaxy: GalaxyLine
    rows: tuple[ClusterLine, ...]
    paging: Paging
    form: Form  # searchall, context
    may_add: bool
    may_edit: bool


@shown
class ElementLine:
    """A word about a cluster; `link` if it can be followed."""

    key: str
    value: str
    link: str


@shown
class RelationLine:
    """What a cluster has to do with another one."""

    id: int
    kind: str
    target: str  # its value, or its uuid where it is not here
    target_id: int | None
    may_delete: bool


@shown
class ClusterPage:
    """galaxies/cluster.html"""

    line: ClusterLine
    galaxy_id: int
    uuid: str
    tag: str
    source: str
    authors: str
    creator: str  # "" for the package's
    elements: tuple[ElementLine, ...]
    relations: tuple[RelationLine, ...]
    inbound: tuple[RelationLine, ...]
    deleted: bool
    may_edit: bool


@shown
class ClusterFormPage:
    """galaxies/edit.html: value, description, source, authors, elements, distribution, sharing_group_id."""

    action: str
    back: str
    title: str  # the cluster's; "" for a new one
    galaxy: str
    form: Form
    distributions: tuple[Choice, ...]
    groups: tuple[Choice, ...]


@shown
class PickPage:
    """galaxies/pick.html, filtered by GET: searchall, galaxy."""

    target: str  # path of what is tagged
    action: str
    back: str
    kind: str
    rows: tuple[ClusterLine, ...]
    paging: Paging
    form: Form  # searchall, galaxy
    galaxies: tuple[Choice, ...]
    may_tag_globally: bool
    may_tag_locally: bool


def galaxies_page(viewer: Viewer, found: list[GalaxyRow], search: str) -> GalaxiesPage:
    """The list by name, enabled ones first."""
    part, counts = asked_slice(), galaxies.cluster_counts(viewer)
    ordered = sorted(found, key=lambda one: (not one.enabled, one.name.casefold()))
    return GalaxiesPage(
        rows=tuple(_galaxy(one, counts) for one in ordered[part.offset : part.offset + part.limit]),
        paging=paging(part, len(ordered)),
        form=Form({"value": search}),
        filtered=bool(search),
        package_is_here=galaxies.package_is_here(),
        taking_over=running_update(Library.GALAXIES),
        may_edit=viewer.is_site_admin,
    )


def _galaxy(one: GalaxyRow, counts: dict[int, int]) -> GalaxyLine:
    return GalaxyLine(one.id, one.name, one.description, counts.get(one.id, 0), one.enabled)


def asked_filters(viewer: Viewer, galaxy: GalaxyRow) -> ClusterFilters:
    """Which of a galaxy's clusters this request asks for."""
    given = asked().parameters()
    wanted = replace(read_cluster_search({"limit": 0, **given}), galaxy_ids=(galaxy.id,))
    own = (viewer.org_id,)
    if given.get("context") == "org":
        return replace(wanted, org_ids=own, custom=True)
    return replace(wanted, orgc_ids=own, custom=True) if given.get("context") == "orgc" else wanted


def galaxy_page(viewer: Viewer, galaxy: GalaxyRow) -> GalaxyPage:
    """One galaxy with a part of its clusters."""
    part, wanted = asked_slice(), asked_filters(viewer, galaxy)
    found = clusters.find_clusters(viewer, replace(wanted, limit=part.limit, page=part.page), relations=False)
    kept = {name: asked().query.get(name, "") for name in ("searchall", "context")}
    return GalaxyPage(
        galaxy=_galaxy(galaxy, galaxies.cluster_counts(viewer)),
        rows=tuple(map(cluster_line, found)),
        paging=paging(part, clusters.count_clusters(viewer, wanted)),
        form=Form(kept),
        may_add=viewer.is_site_admin or viewer.can(Permission.GALAXY_EDITOR),
        may_edit=viewer.is_site_admin,
    )


def cluster_line(cluster: Cluster) -> ClusterLine:
    """One cluster as lists show it."""
    row = cluster.row
    synonyms = [one.value for one in cluster.elements if one.key == "synonyms"]
    return ClusterLine(
        id=row.id,
        value=row.value,
        galaxy=cluster.galaxy.name,
        synonyms=", ".join(synonyms[:_MOST_SYNONYMS]),
        description=row.description,
        custom=not row.is_default,
        published=row.published,
        audience="" if row.is_default else short_audience(row.distribution),
    )


def cluster_page(viewer: Viewer, cluster: Cluster) -> ClusterPage:
    """One cluster with all that is said about it."""
    row, may_edit = cluster.row, clusters.may_edit(viewer, cluster.row)
    outbound, inbound = cluster.relations[:_MOST_RELATIONS], cluster.inbound[:_MOST_RELATIONS]
    ids = [one.referenced_id for one in outbound if one.referenced_id] + [one.cluster_id for one in inbound]
    names = {one.row.id: one.row.value for one in _named(viewer, ids)}
    return ClusterPage(
        line=cluster_line(cluster),
        galaxy_id=row.galaxy_id,
        uuid=row.uuid,
        tag=row.tag_name,
        source=row.source,
        authors=", ".join(json.loads(row.authors)),
        creator=cluster.orgc.name if cluster.orgc else "",
        elements=tuple(_element(one.key, one.value) for one in cluster.elements),
        relations=tuple(_relation(one, names, one.referenced_id, may_delete=may_edit) for one in outbound),
        inbound=tuple(_relation(one, names, one.cluster_id, may_delete=False) for one in inbound),
        deleted=row.deleted,
        may_edit=may_edit,
    )


def _named(viewer: Viewer, ids: list[int]) -> list[Cluster]:
    filters = ClusterFilters(ids=tuple(ids), any_deletion=True)
    return clusters.find_clusters(viewer, filters, relations=False) if ids else []


def _element(key: str, value: str) -> ElementLine:
    return ElementLine(key, value, value if value.startswith(_LINK_BEGINS) else "")


def _relation(one: RelationRow, names: dict[int, str], other: int | None, *, may_delete: bool) -> RelationLine:
    known = names.get(other or 0)
    shown = other if known is not None else None
    return RelationLine(one.id, one.type, known or one.referenced_uuid, shown, may_delete)


def new_cluster_page(viewer: Viewer, galaxy_ref: str, form: Form | None = None) -> ClusterFormPage:
    """The form of a new cluster. Raises NotFound."""
    galaxy = galaxies.existing_galaxy(galaxy_ref)
    start = Form({"distribution": str(load_settings().default_event_distribution)})
    back = f"/galaxies/view/{galaxy.id}"
    return _form_page(viewer, f"/galaxy_clusters/add/{galaxy.id}", back, "", galaxy, form or start)


def edited_cluster_page(viewer: Viewer, ref: str, form: Form | None = None) -> ClusterFormPage:
    """The form of a cluster. Raises NotFound."""
    cluster = clusters.view_cluster(viewer, ref)
    back = f"/galaxy_clusters/view/{cluster.row.id}"
    action = f"/galaxy_clusters/edit/{cluster.row.id}"
    return _form_page(viewer, action, back, cluster.row.value, cluster.galaxy, form or _filled(cluster))


def _filled(cluster: Cluster) -> Form:
    row = cluster.row
    return Form(
        {
            "value": row.value,
            "description": row.description,
            "source": row.source,
            "authors": ", ".join(json.loads(row.authors)),
            "elements": "\n".join(f"{one.key}: {one.value}" for one in cluster.elements),
            "distribution": str(row.distribution),
            "sharing_group_id": str(row.sharing_group_id or ""),
        }
    )


def _form_page(viewer: Viewer, action: str, back: str, title: str, galaxy: GalaxyRow, form: Form) -> ClusterFormPage:
    groups = words.group_choices(viewing.groups_to_choose(viewer))
    levels = words.event_levels(with_groups=bool(groups))
    return ClusterFormPage(action, back, title, galaxy.name, form, levels, groups)


def pick_page(viewer: Viewer, tagged: Tagged) -> PickPage:
    """Clusters of enabled galaxies to put on an event or attribute; nothing is listed before something is sought."""
    given, part = asked().query, asked_slice()
    kind, rights = tagged.target.value, viewing.rights_over(viewer, tagged.event.id)
    wanted = ClusterFilters(
        searchall=given.get("searchall", "").strip()[:255],
        galaxy_ids=(int(number),) if is_row_number(number := given.get("galaxy", "")) else (),
        enabled_only=True,
        limit=part.limit,
        page=part.page,
    )
    asks = bool(wanted.searchall or wanted.galaxy_ids)
    found = clusters.find_clusters(viewer, wanted, relations=False) if asks else []
    anchor = f"#attribute-{tagged.id}" if kind == "attribute" else ""
    return PickPage(
        target=f"/galaxies/pick/{kind}/{tagged.id}",
        action=f"/galaxies/attachCluster/{tagged.id}/{kind}",
        back=f"/events/view/{tagged.event.id}{anchor}",
        kind=kind,
        rows=tuple(map(cluster_line, found)),
        paging=paging(part, clusters.count_clusters(viewer, wanted) if asks else 0),
        form=Form({name: given.get(name, "") for name in ("searchall", "galaxy")}),
        galaxies=tuple(Choice(str(one.id), one.name) for one in galaxies.list_galaxies() if one.enabled),
        may_tag_globally=rights.tag,
        may_tag_locally=rights.tag_locally,
    )


def cluster_badges(viewer: Viewer, tags: Iterable[TagRow], rights: Rights) -> tuple[ClusterBadge, ...]:
    """The clusters that tags on an event name, for its page."""
    held = [tag for tag in tags if tag.is_galaxy and not tag.deleted]
    found = galaxies.clusters_of_tags(viewer, held) if held else {}
    return tuple(
        ClusterBadge(
            cluster_id=found[tag.id].row.id,
            galaxy=found[tag.id].galaxy.name,
            value=found[tag.id].row.value,
            tag_id=tag.id,
            local=tag.local,
            may_remove=rights.tag_locally if tag.local else rights.tag,
        )
        for tag in held
        if tag.id in found
    )
