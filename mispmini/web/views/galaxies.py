"""Galaxies over REST and as pages, attaching their clusters, and what partners push (API §9.6, PROTOCOL §3.12)."""

from flask import Blueprint

from mispmini.domain.errors import BadRequest, MispminiError, Refused, SaveFailed
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import cluster_capture, galaxies, tags
from mispmini.services.cluster_capture import Tally
from mispmini.services.libraries import Library, ask_for_update
from mispmini.services.tags import Tagged
from mispmini.web.answer import Answer, answer, done, page_answer, reply, saved, see_other, wants_json
from mispmini.web.asking import asked, parameter
from mispmini.web.building import galaxy_pages
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.who import current_viewer
from mispmini.wire import replies
from mispmini.wire.cluster_in import read_pushed
from mispmini.wire.galaxy_out import cluster_item, galaxy_file, galaxy_item, galaxy_view
from mispmini.wire.scalars import as_record, flag, plain_text

bp = Blueprint("galaxies", __name__, url_prefix="/galaxies")
NOT_ALLOWED = "You do not have the permission to do that."
_INDEX = "/galaxies/index"


@bp.route("/index", methods=["GET", "POST"])
@needs_login
def index() -> Answer:
    """All galaxies, or those whose name or type holds `value`, or that are `enabled`."""
    search = (plain_text(parameter("value")) or plain_text(parameter("searchall")) or "").strip()
    enabled = flag(parameter("enabled"))
    found = [one for one in galaxies.list_galaxies(search) if enabled is None or one.enabled is enabled]
    return answer(
        lambda: [galaxy_item(one) for one in found],
        page=lambda: galaxy_pages.galaxies_page(current_viewer(), found, search),
        template="galaxies/index.html",
    )


@bp.get("/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """A galaxy with its clusters."""
    viewer = current_viewer()
    if wants_json():
        galaxy, clusters = galaxies.view_galaxy(viewer, ref)
        return reply(galaxy_view(galaxy, clusters))
    galaxy = galaxies.existing_galaxy(ref)
    return page_answer("galaxies/view.html", galaxy_pages.galaxy_page(viewer, galaxy))


@bp.post("/update")
@needs(Permission.SITE_ADMIN)
def update() -> Answer:
    """Take over what the installed package brings: programs wait for it, people watch a job."""
    viewer = current_viewer()
    if wants_json():
        galaxies.update(viewer)
        return reply(saved("Galaxies updated."))
    if not galaxies.package_is_here():
        notice = _("The package with the galaxies is not installed on this server.")
        return done(None, go_to=_INDEX, notice=notice)
    return see_other(f"/jobs/view/{ask_for_update(viewer, Library.GALAXIES)}")


@bp.post("/enable/<ref>")
@needs(Permission.SITE_ADMIN)
def enable(ref: str) -> Answer:
    """Offer a galaxy."""
    galaxy = galaxies.set_enabled(current_viewer(), ref, enabled=True)
    return done(
        saved("Galaxy enabled", subject_id=galaxy.id),
        go_to=f"/galaxies/view/{galaxy.id}",
        notice=_("The galaxy is enabled."),
    )


@bp.post("/disable/<ref>")
@needs(Permission.SITE_ADMIN)
def disable(ref: str) -> Answer:
    """Offer a galaxy no more; what is tagged stays tagged."""
    galaxy = galaxies.set_enabled(current_viewer(), ref, enabled=False)
    return done(
        saved("Galaxy disabled", subject_id=galaxy.id),
        go_to=f"/galaxies/view/{galaxy.id}",
        notice=_("The galaxy is disabled. What was tagged stays tagged."),
    )


@bp.route("/delete/<ref>", methods=["POST", "DELETE"])
@needs(Permission.SITE_ADMIN)
def delete(ref: str) -> Answer:
    """Remove a galaxy with its clusters; tags stay."""
    galaxy = galaxies.delete(current_viewer(), ref)
    return done(saved("Galaxy deleted", subject_id=galaxy.id), go_to=_INDEX, notice=_("The galaxy was deleted."))


@bp.route("/export/<ref>", methods=["GET", "POST"])
@needs_login
def export(ref: str) -> Answer:
    """The clusters of a galaxy, those of the package (`default`) or of people here (`custom`), as a program takes them
    or, with `format` misp-galaxy, as the field's file."""
    given = as_record(asked().parameters().get("Galaxy")) or asked().parameters()
    wanted = {kind: flag(given.get(kind)) is not False for kind in ("default", "custom")}
    galaxy, found = galaxies.view_galaxy(current_viewer(), ref)
    kept = [one for one in found if wanted["default" if one.row.is_default else "custom"]]
    as_file = plain_text(given.get("format")) == "misp-galaxy"
    headers = (
        {"Content-Disposition": f'attachment; filename="galaxy-{galaxy.id}.json"'} if given.get("download") else {}
    )
    return reply(galaxy_file(galaxy, kept) if as_file else [cluster_item(one) for one in kept], headers=headers)


@bp.get("/pick/<target_type>/<target_ref>")
@needs(Permission.TAGGER)
def pick(target_type: str, target_ref: str) -> Answer:
    """Where one looks for a cluster to put on an event or attribute (RULES §10.5)."""
    tagged = _target(current_viewer(), target_type, target_ref)
    return page_answer("galaxies/pick.html", galaxy_pages.pick_page(current_viewer(), tagged))


@bp.post("/attachCluster/<target_ref>/<target_type>")
@needs(Permission.TAGGER)
def attach_cluster(target_ref: str, target_type: str) -> Answer:
    """Tag an event or attribute with a cluster; refusals are HTTP 200 (API §9.6)."""
    viewer = current_viewer()
    if not wants_json():
        tagged = _attached(viewer, target_ref, target_type)
        return done(None, go_to=_page_of(tagged), notice=_("The galaxy cluster was attached."))
    try:
        _attached(viewer, target_ref, target_type)
    except MispminiError as refusal:
        text = refusal.errors if isinstance(refusal, SaveFailed) else refusal.sentence
        return reply(replies.ajax_failed(str(text)))
    return reply(replies.ajax_saved("Cluster attached.", check_publish=True))


def _attached(viewer: Viewer, target_ref: str, target_type: str) -> Tagged:
    tagged = _target(viewer, target_type, target_ref)
    body = as_record(asked().parameters().get("Galaxy")) or asked().parameters()
    ref = plain_text(body.get("target_id")) or ""
    galaxies.attach_cluster(viewer, tagged, ref, local=flag(parameter("local")) is True)
    return tagged


def _target(viewer: Viewer, target_type: str, ref: str) -> Tagged:
    if target_type == "event":
        return tags.event_target(viewer, ref)
    if target_type == "attribute":
        return tags.attribute_target(viewer, ref)
    raise BadRequest("Clusters are attached to events and attributes.")


def _page_of(tagged: Tagged) -> str:
    anchor = f"#attribute-{tagged.id}" if tagged.kind == "Attribute" else ""
    return f"/events/view/{tagged.event.id}{anchor}"


@bp.post("/pushCluster")
@needs_login
def push_cluster() -> Answer:
    """Take clusters that a partner pushes (PROTOCOL §3.12)."""
    viewer = current_viewer()
    if not (viewer.is_site_admin or all(map(viewer.can, (Permission.SYNC, Permission.GALAXY_EDITOR)))):
        raise Refused(NOT_ALLOWED)
    return _told(cluster_capture.receive(viewer, read_pushed(asked().body)))


@bp.post("/import")
@needs(Permission.GALAXY_EDITOR)
def import_clusters() -> Answer:
    """Take clusters that somebody uploads, as an export of MISP's has them."""
    return _told(cluster_capture.import_clusters(current_viewer(), read_pushed(asked().body)))


def _told(tally: Tally) -> Answer:
    if not tally.imported:
        raise SaveFailed("import", "Galaxy clusters", tally.sentence)
    # MISP: the sentence ends with a blank.
    return reply(saved(f"Galaxy clusters imported. {tally.sentence} "))
