"""Counts over REST (API §9.8)."""

from collections.abc import Callable, Mapping

from flask import Blueprint

from mispmini.domain.errors import NotFound
from mispmini.domain.viewer import Viewer
from mispmini.services import statistics
from mispmini.services.statistics import Context
from mispmini.web.answer import Answer, reply
from mispmini.web.needs import needs_login
from mispmini.web.turns import searches
from mispmini.web.views.organisations import asked_scope
from mispmini.web.who import current_viewer
from mispmini.wire import statistics_out

bp = Blueprint("statistics", __name__)

_REPLIES: Mapping[Context, Callable[[Viewer], object]] = {
    Context.DATA: lambda viewer: statistics_out.data_reply(statistics.data_counts(viewer)),
    Context.ORGS: lambda viewer: statistics_out.organisations_reply(
        statistics.organisation_counts(viewer, asked_scope())
    ),
    Context.USERS: lambda _viewer: statistics_out.users_reply(statistics.people_counts()),
    Context.TAGS: lambda viewer: statistics_out.tags_reply(statistics.tag_counts(viewer)),
    Context.HISTOGRAM: lambda viewer: statistics_out.histogram_reply(statistics.type_counts(viewer)),
    Context.MATRIX: lambda viewer: statistics_out.matrix_reply(statistics.technique_counts(viewer)),
    Context.SIGHTINGS: lambda viewer: statistics_out.sightings_reply(statistics.sighted_values(viewer)),
}


@bp.get("/users/statistics")
@bp.get("/users/statistics/<context>")
@needs_login
@searches
def show(context: str = "data") -> Answer:
    """What is here, counted in one of MISP's ways."""
    if context not in list(Context):
        raise NotFound("Invalid statistics context.")
    return reply(_REPLIES[Context(context)](current_viewer()))
