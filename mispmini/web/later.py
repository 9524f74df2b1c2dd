"""What partners ask of features that this version does not keep: polite answers, never a 500 (PROTOCOL §0)."""

from flask import Blueprint

from mispmini.domain.errors import NotFound, Refused
from mispmini.domain.permissions import Permission
from mispmini.services import events
from mispmini.web.answer import Answer, reply
from mispmini.web.needs import needs, needs_any, needs_login
from mispmini.web.who import current_viewer

bp = Blueprint("later", __name__)
ANALYST_TYPES = ("Note", "Opinion", "Relationship")


@bp.route("/shadow_attributes/index", methods=["GET", "POST"])
@needs_login
def shadow_attributes_index() -> Answer:
    """No proposals are kept (PROTOCOL §4.5)."""
    return reply([])


@bp.route("/sightings/restSearch", methods=["GET", "POST"])
@bp.route("/sightings/restSearch/<context>", methods=["GET", "POST"])
@needs_login
def sightings_rest_search(**_where: str) -> Answer:
    """No sightings are kept (PROTOCOL §4.6)."""
    return reply({"response": []})


@bp.post("/sightings/filterSightingUuidsForPush/<ref>")
@needs(Permission.SYNC)
def filter_sighting_uuids_for_push(ref: str) -> Answer:
    """None of the offered sightings is here (PROTOCOL §3.14)."""
    _known_event(ref)
    return reply([])


@bp.post("/sightings/bulkSaveSightings/<ref>")
@needs_any(Permission.SYNC, Permission.SIGHTING)
def bulk_save_sightings(ref: str) -> Answer:
    """None is taken, and the answer says so (PROTOCOL §3.14)."""
    try:
        _known_event(ref)
    except NotFound as refusal:
        raise Refused(refusal.sentence) from None
    return reply({"saved": False, "success": "No sightings added."})


def _known_event(ref: str) -> None:
    try:
        events.find_event(current_viewer(), ref)
    except NotFound:
        raise NotFound("Event not found") from None


@bp.route("/galaxy_clusters/restSearch", methods=["GET", "POST"])
@needs_login
def galaxy_clusters_rest_search() -> Answer:
    """No custom clusters are kept (PROTOCOL §3.12)."""
    return reply({"response": []})


@bp.get("/galaxy_clusters/view/<ref>")
@needs_login
def galaxy_clusters_view(**_which: str) -> Answer:
    """No cluster is here."""
    raise NotFound("Invalid GalaxyCluster")


@bp.post("/galaxies/pushCluster")
@needs(Permission.SYNC)
def push_cluster() -> Answer:
    """Clusters are not taken (PROTOCOL §3.12: 405 without perm_galaxy_editor)."""
    raise Refused("You do not have the permission to do that.")


@bp.route("/analyst_data/indexMinimal", methods=["GET", "POST"])
@needs_login
def analyst_data_index_minimal() -> Answer:
    """No notes, opinions or relationships are kept (PROTOCOL §4.8)."""
    return reply({kind: [] for kind in ANALYST_TYPES})


@bp.route("/analyst_data/index/<kind>", methods=["GET", "POST"])
@needs_login
def analyst_data_index(**_which: str) -> Answer:
    """No analyst data is kept."""
    return reply([])


@bp.post("/analyst_data/filterAnalystDataForPush")
@needs(Permission.SYNC)
def filter_analyst_data_for_push() -> Answer:
    """None of it is wanted (PROTOCOL §3.15)."""
    return reply({kind: [] for kind in ANALYST_TYPES})


@bp.post("/analyst_data/pushAnalystData")
@needs(Permission.SYNC)
def push_analyst_data() -> Answer:
    """Analyst data is not taken (PROTOCOL §3.15: 405 without perm_analyst_data)."""
    raise Refused("You do not have the permission to do that.")
