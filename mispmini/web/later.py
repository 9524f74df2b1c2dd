"""What partners ask of features that this version does not keep: polite answers, never a 500 (PROTOCOL §0)."""

from flask import Blueprint

from mispmini.domain.errors import NotFound, Refused
from mispmini.domain.permissions import Permission
from mispmini.web.answer import Answer, reply
from mispmini.web.needs import needs, needs_login

bp = Blueprint("later", __name__)
ANALYST_TYPES = ("Note", "Opinion", "Relationship")


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
