"""What clients ask about the machine behind a MISP: workers, updates, schema, access rules (API §9.1)."""

from flask import Blueprint, current_app

from mispmini.domain.permissions import Permission
from mispmini.services import house
from mispmini.web.answer import Answer, reply, saved
from mispmini.web.needs import needs, needs_login
from mispmini.wire import setting_out

bp = Blueprint("instance", __name__)

NO_WORKERS = "The jobs run inside the server: there are no workers to start or stop."
NO_GENERATING = "Correlations are looked up when they are shown: there is nothing to generate."
NO_UPDATE = "This server is updated with its package, from outside."


@bp.get("/users/heartbeat")
@needs_login
def heartbeat() -> Answer:
    """That the server answers."""
    return reply({"message": "This server answers."})


@bp.get("/servers/getWorkers")
@needs(Permission.SITE_ADMIN)
def get_workers() -> Answer:
    """The queues, all well."""
    return reply(setting_out.workers_document())


@bp.post("/servers/startWorker")
@bp.post("/servers/startWorker/<kind>")
@bp.post("/servers/stopWorker/<kind>")
@bp.post("/servers/restartWorkers")
@bp.post("/servers/restartDeadWorkers")
@bp.post("/servers/killAllWorkers")
@needs(Permission.SITE_ADMIN)
def about_workers(**_which: str) -> Answer:
    """Nothing to do, said politely."""
    return reply(saved(NO_WORKERS))


@bp.post("/attributes/generateCorrelation")
@needs(Permission.SITE_ADMIN)
def generate_correlation() -> Answer:
    """Nothing to do either."""
    return reply(saved(NO_GENERATING))


@bp.post("/servers/update")
@needs(Permission.SITE_ADMIN)
def update() -> Answer:
    """Nothing to do from here."""
    return reply({**saved(NO_UPDATE), "status": []})


@bp.get("/servers/dbSchemaDiagnostic")
@needs(Permission.SITE_ADMIN)
def db_schema_diagnostic() -> Answer:
    """Whether the schema is what this program expects."""
    version, expected = house.schema_versions()
    return reply(setting_out.schema_document(version, expected))


@bp.get("/events/queryACL")
@bp.get("/servers/queryACL")
@bp.get("/events/queryACL/<kind>")
@bp.get("/servers/queryACL/<kind>")
@needs(Permission.SITE_ADMIN)
def query_acl(kind: str = "findMissingFunctionNames") -> Answer:
    """Which functions there are; none is without a rule, which a test of ours checks."""
    return reply(_functions() if kind == "printAllFunctionNames" else [])


def _functions() -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for rule in current_app.url_map.iter_rules():
        pieces = [piece for piece in rule.rule.split("/") if piece and "<" not in piece]
        if len(pieces) > 1:
            found.setdefault(pieces[-2], set()).add(pieces[-1])
    return {name: sorted(actions) for name, actions in sorted(found.items())}
