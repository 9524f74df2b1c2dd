"""Galaxy clusters and their relations over REST and as pages (API §9.6, PROTOCOL §3.12)."""

from flask import Blueprint, request

from mispmini.domain.galaxies import Cluster, ClusterRow
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import clusters, galaxies, tags
from mispmini.web.answer import Answer, answer, done, page_answer, reply, saved, wants_json
from mispmini.web.asking import asked, parameter
from mispmini.web.building import galaxy_pages
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.saving import saving
from mispmini.web.search_answers import asked_search, refuse_bare_get, result_headers
from mispmini.web.turns import searches
from mispmini.web.who import current_viewer
from mispmini.wire import formats
from mispmini.wire.cluster_in import read_cluster, read_cluster_search, read_relation
from mispmini.wire.galaxy_out import cluster_item, cluster_view, minimal_cluster, relation_reply
from mispmini.wire.replies import Reply, api_description
from mispmini.wire.scalars import flag, plain_text

bp = Blueprint("galaxy_clusters", __name__)
_MODEL = "GalaxyCluster"
_OPTIONAL = (
    "description", "source", "authors", "distribution", "sharing_group_id", "GalaxyElement", "GalaxyClusterRelation",
)  # fmt: skip


@bp.route("/galaxy_clusters/index/<ref>", methods=["GET", "POST"])
@needs_login
def index(ref: str) -> Answer:
    """The clusters of a galaxy, by `context` (all, default, custom, org, orgc, deleted) and `searchall`."""
    viewer, galaxy = current_viewer(), galaxies.existing_galaxy(ref)
    if not wants_json():
        return page_answer("galaxies/view.html", galaxy_pages.galaxy_page(viewer, galaxy))
    filters = galaxy_pages.asked_filters(viewer, galaxy)
    return reply([cluster_item(one) for one in clusters.find_clusters(viewer, filters, relations=False)])


@bp.get("/galaxy_clusters/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """One by id or uuid."""
    viewer = current_viewer()
    cluster = clusters.view_cluster(viewer, ref)
    return answer(
        lambda: _viewed(viewer, cluster),
        page=lambda: galaxy_pages.cluster_page(viewer, cluster),
        template="galaxies/cluster.html",
    )


def _viewed(viewer: Viewer, cluster: Cluster) -> Reply:
    return cluster_view(cluster, clusters.group_of(viewer, cluster))


@bp.route("/galaxy_clusters/restSearch", methods=["GET", "POST"])
@bp.route("/galaxy_clusters/restSearch/<path:placed>", methods=["GET", "POST"])
@needs_login
@searches
def rest_search(placed: str = "") -> Answer:
    """Clusters by what is asked; `minimal` is what a partner compares (PROTOCOL §3.12)."""
    by_place = {"returnFormat": placed.partition("/")[0]} if placed else {}
    viewer, given = current_viewer(), {**by_place, **asked_search()}
    refuse_bare_get(given)
    formats.read_format(given.get("returnFormat"), "galaxy_clusters")
    minimal = flag(given.get("minimal")) is True
    found = clusters.find_clusters(viewer, read_cluster_search(given), relations=not minimal)
    items = [minimal_cluster(one) if minimal else _viewed(viewer, one) for one in found]
    return reply({"response": items}, headers=result_headers(len(items)))


@bp.route("/galaxy_clusters/add/<ref>", methods=["GET", "POST"])
@needs(Permission.GALAXY_EDITOR)
def add(ref: str) -> Answer:
    """Add a cluster to a galaxy; `forkUUID` names one that it extends."""
    viewer = current_viewer()
    if request.method == "GET":
        return answer(
            lambda: api_description(
                "/galaxy_clusters/add", "POST a galaxy cluster.", mandatory=("value",), optional=_OPTIONAL
            ),
            page=lambda: galaxy_pages.new_cluster_page(viewer, ref),
            template="galaxies/edit.html",
        )
    if_refused(lambda form, status: _form_again(galaxy_pages.new_cluster_page(viewer, ref, form), status))
    with saving("add", _MODEL):
        draft = read_cluster(asked().body)
    cluster = clusters.add(viewer, ref, draft, fork_of=plain_text(parameter("forkUUID")) or None)
    return _kept(viewer, cluster, _("The galaxy cluster was added."))


@bp.route("/galaxy_clusters/edit/<ref>", methods=["GET", "POST", "PUT"])
@needs(Permission.GALAXY_EDITOR)
def edit(ref: str) -> Answer:
    """Change a cluster; it has to be published again."""
    viewer = current_viewer()
    if request.method == "GET":
        return answer(
            lambda: api_description("/galaxy_clusters/edit", "POST what changes.", optional=("value", *_OPTIONAL)),
            page=lambda: galaxy_pages.edited_cluster_page(viewer, ref),
            template="galaxies/edit.html",
        )
    if_refused(lambda form, status: _form_again(galaxy_pages.edited_cluster_page(viewer, ref, form), status))
    with saving("edit", _MODEL, about=lambda: clusters.view_cluster(viewer, ref).row.id):
        draft = read_cluster(asked().body)
    return _kept(viewer, clusters.edit(viewer, ref, draft), _("The galaxy cluster was saved."))


def _form_again(page: object, status: int) -> Answer:
    return page_answer("galaxies/edit.html", page, status=status)


def _kept(viewer: Viewer, cluster: Cluster, notice: str) -> Answer:
    return done(_viewed(viewer, cluster), go_to=f"/galaxy_clusters/view/{cluster.row.id}", notice=notice)


@bp.post("/galaxy_clusters/publish/<ref>")
@needs(Permission.GALAXY_EDITOR)
def publish(ref: str) -> Answer:
    """Mark a cluster published and queue it for the partners that take clusters."""
    row = clusters.publish(current_viewer(), ref)
    return _done(row, "GalaxyCluster published", _("The galaxy cluster is published."))


@bp.post("/galaxy_clusters/unpublish/<ref>")
@needs(Permission.GALAXY_EDITOR)
def unpublish(ref: str) -> Answer:
    """Take the publication back here; copies stay where they are."""
    row = clusters.unpublish(current_viewer(), ref)
    return _done(row, "GalaxyCluster unpublished", _("The galaxy cluster is published no more. Copies stay."))


@bp.route("/galaxy_clusters/delete/<ref>", methods=["POST", "DELETE"])
@needs(Permission.GALAXY_EDITOR)
def delete(ref: str) -> Answer:
    """Delete a cluster softly, or for good with `hard`."""
    hard = flag(parameter("hard")) is True
    row = clusters.delete(current_viewer(), ref, hard=hard)
    message = saved("Galaxy cluster deleted", subject_id=row.id)
    return done(message, go_to=f"/galaxies/view/{row.galaxy_id}", notice=_("The galaxy cluster was deleted."))


@bp.post("/galaxy_clusters/restore/<ref>")
@needs(Permission.GALAXY_EDITOR)
def restore(ref: str) -> Answer:
    """Bring a softly deleted cluster back."""
    row = clusters.restore(current_viewer(), ref)
    return _done(row, "GalaxyCluster restored", _("The galaxy cluster was restored."))


def _done(row: ClusterRow, message: str, notice: str) -> Answer:
    return done(saved(message, subject_id=row.id), go_to=f"/galaxy_clusters/view/{row.id}", notice=notice)


@bp.post("/galaxy_clusters/detach/<target_ref>/<target_type>/<tag_ref>")
@needs(Permission.TAGGER)
def detach(target_ref: str, target_type: str, tag_ref: str) -> Answer:
    """Take a cluster's tag off an event or attribute."""
    viewer = current_viewer()
    find = tags.attribute_target if target_type == "attribute" else tags.event_target
    tagged = find(viewer, target_ref)
    tags.detach(viewer, tagged, tag_ref)
    message = saved("Galaxy successfully detached.", subject_id=tagged.id)
    return done(message, go_to=f"/events/view/{tagged.event.id}", notice=_("The galaxy cluster was taken off."))


@bp.route("/galaxy_cluster_relations/add", methods=["GET", "POST"])
@needs(Permission.GALAXY_EDITOR)
def add_relation() -> Answer:
    """Relate a cluster of one's own to another one."""
    if request.method == "GET":
        mandatory = ("galaxy_cluster_uuid", "referenced_galaxy_cluster_uuid", "referenced_galaxy_cluster_type")
        sentence = "POST a relation of two galaxy clusters."
        return reply(api_description("/galaxy_cluster_relations/add", sentence, mandatory=mandatory))
    viewer = current_viewer()
    with saving("add", "GalaxyClusterRelation"):
        draft = read_relation(asked().body)
    relation = clusters.add_relation(viewer, draft)
    return done(
        relation_reply(relation, clusters.tags_of(relation)),
        go_to=f"/galaxy_clusters/view/{relation.cluster_id}",
        notice=_("The relation was added."),
    )


@bp.route("/galaxy_cluster_relations/edit/<ref>", methods=["POST", "PUT"])
@needs(Permission.GALAXY_EDITOR)
def edit_relation(ref: str) -> Answer:
    """Change a relation."""
    viewer = current_viewer()
    with saving("edit", "GalaxyClusterRelation", about=lambda: clusters.existing_relation(viewer, ref).id):
        draft = read_relation(asked().body)
    relation = clusters.edit_relation(viewer, ref, draft)
    return reply(relation_reply(relation, clusters.tags_of(relation)))


@bp.route("/galaxy_cluster_relations/delete/<ref>", methods=["POST", "DELETE"])
@needs(Permission.GALAXY_EDITOR)
def delete_relation(ref: str) -> Answer:
    """Take a relation away."""
    relation = clusters.delete_relation(current_viewer(), ref)
    message = saved("Galaxy cluster relationship successfully deleted.", subject_id=relation.id)
    return done(message, go_to=f"/galaxy_clusters/view/{relation.cluster_id}", notice=_("The relation was taken away."))
