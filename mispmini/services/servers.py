"""Links to partners: added, edited and removed by site admins, and what their pages show (PROTOCOL §3.16; GUIDE)."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields

from mispmini.domain import clock
from mispmini.domain.errors import Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.records import OrganisationRecord
from mispmini.domain.servers import LinkedServer, ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import audit
from mispmini.services.organisations import NO_FUNCTION, capture_organisation
from mispmini.services.server_flaws import flaws_of
from mispmini.store import jobs, ledger, outbox, sealing
from mispmini.store import servers as store
from mispmini.store.database import writing
from mispmini.store.jobs import JobKind, JobRecord, JobState
from mispmini.store.ledger import LedgerCounts, LedgerEntry
from mispmini.store.organisations import find_any_organisation, organisation_records
from mispmini.store.outbox import QueueCounts, QueuedEvent
from mispmini.store.settings import load_settings

__all__ = [
    "JobKind", "JobRecord", "JobState", "LedgerEntry", "QueuedEvent", "Standing",
]  # fmt: skip
INVALID_SERVER = "Invalid server"
NO_REMOTE_ORG = "No remote org ID set. Please pass it as remote_org_id"
UNKNOWN_ORG = "Invalid organisation."
NO_RULES: dict[str, list[int]] = {"OR": [], "NOT": []}
PUSH_RULES = json.dumps({"tags": NO_RULES, "orgs": NO_RULES}, separators=(",", ":"))
PULL_RULES = json.dumps(
    {
        "tags": NO_RULES,
        "orgs": NO_RULES,
        "type_attributes": {"NOT": []},
        "type_objects": {"NOT": []},
        "url_params": "",
    },
    separators=(",", ":"),
)
_MODEL = "Server"
_JOB_POLL_SECONDS = 0.05
_NOT_COLUMNS = frozenset({"authkey", "remote_org", "new_org", "name", "url", "pull_interval", "allow_internal"})


@dataclass(frozen=True, slots=True)
class Identity:
    """What this instance tells partners about itself."""

    version: str
    instance_uuid: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A link with its two organisations and how far it is."""

    server: LinkedServer
    owner: OrganisationRecord
    remote: OrganisationRecord
    queue: QueueCounts
    ledger: LedgerCounts


def identity() -> Identity:
    """The MISP version that partners are told, and the uuid of this instance (RULES §7)."""
    settings = load_settings()
    return Identity(settings.announced_version, settings.instance_uuid)


def list_servers(viewer: Viewer) -> list[Standing]:
    """Every link in the order of its priority. Raises Forbidden."""
    _require_site_admin(viewer)
    return _standings(store.list_any_servers())


def view_server(viewer: Viewer, server_id: int) -> Standing:
    """One link. Raises Forbidden, and NotFound in the words of sample 15g."""
    try:
        server = find_server(viewer, server_id)
    except NotFound:
        raise NotFound("Not Found") from None
    return _standings([server])[0]


def find_server(viewer: Viewer, server_id: int) -> LinkedServer:
    """A link by id. Raises Forbidden, NotFound."""
    _require_site_admin(viewer)
    server = store.find_any_server(server_id)
    if server is None:
        raise NotFound(INVALID_SERVER)
    return server


def find_server_by_ref(viewer: Viewer, ref: str) -> LinkedServer:
    """A link by id or by its name, for the command line. Raises Forbidden, NotFound, Refused for a name given twice."""
    if ref.isascii() and ref.isdigit():
        return find_server(viewer, int(ref))
    _require_site_admin(viewer)
    named = store.find_any_servers_named(ref)
    if not named:
        raise NotFound(INVALID_SERVER)
    if len(named) > 1:
        raise Refused(f"{len(named)} servers have this name; please give the id.")
    return named[0]


def add_server(viewer: Viewer, draft: ServerDraft) -> LinkedServer:
    """Add a link; its key is sealed. Raises Forbidden, Refused without a remote organisation, SaveFailed."""
    _require_site_admin(viewer)
    with writing():
        if not (draft.remote_org or draft.new_org):
            raise Refused(NO_REMOTE_ORG)
        if flaws := flaws_of(draft, added=True):
            raise SaveFailed("add", _MODEL, flaws)
        values = _columns(viewer, draft, remote_org_id=_remote_org(viewer, draft), old=None)
        server_id = store.insert_server(_defaults(viewer) | values)
        audit.record(viewer, "add", _MODEL, server_id, str(draft.name), _told(draft))
        return find_server(viewer, server_id)


def edit_server(viewer: Viewer, server_id: int, draft: ServerDraft) -> LinkedServer:
    """Change what the draft gives; what waits for the link is tried anew. Raises Forbidden, NotFound, SaveFailed."""
    with writing():
        old = find_server(viewer, server_id)
        if flaws := flaws_of(draft, added=False):
            raise SaveFailed("edit", _MODEL, flaws, subject_id=server_id)
        remote = _remote_org(viewer, draft) if draft.remote_org or draft.new_org else old.remote_org_id
        store.update_server(server_id, _columns(viewer, draft, remote_org_id=remote, old=old))
        _begin_anew(old, draft)
        audit.record(viewer, "edit", _MODEL, server_id, draft.name or old.name, _told(draft))
        edited = find_server(viewer, server_id)
    if edited.authkey_ref != old.authkey_ref:
        sealing.forget(old.authkey_ref)
    return edited


def delete_server(viewer: Viewer, server_id: int) -> LinkedServer:
    """Remove a link with its queue, ledger and key; events stay. Raises Forbidden, NotFound."""
    with writing():
        server = find_server(viewer, server_id)
        store.delete_server(server_id)
        audit.record(viewer, "delete", _MODEL, server_id, server.name, {"url": server.url})
    sealing.forget(server.authkey_ref)
    return server


def key_hint(server: LinkedServer) -> str:
    """First and last four characters of a partner's key; empty if the key file lacks it."""
    try:
        key = sealing.unseal(server.authkey_ref)
    except KeyError:
        return ""
    return f"{key[:4]}…{key[-4:]}"


def queue_of(viewer: Viewer, server_id: int) -> list[QueuedEvent]:
    """What waits for a link, what needs somebody first. Raises Forbidden, NotFound."""
    return outbox.list_queue(find_server(viewer, server_id).id)


def ledger_of(viewer: Viewer, server_id: int, *, limit: int, offset: int) -> tuple[list[LedgerEntry], int]:
    """What became of events on a link, newest first, and how many rows there are. Raises Forbidden, NotFound."""
    server = find_server(viewer, server_id)
    return (
        ledger.list_entries_of_server(server.id, limit=limit, offset=offset),
        ledger.count_entries_of_server(server.id),
    )


def deliveries_of(event_uuid: str) -> list[LedgerEntry]:
    """Where an event went and came from, newest first; the caller has found the event for its viewer."""
    return ledger.list_entries_of_event(event_uuid)


def newest_troubles(viewer: Viewer, limit: int) -> list[LedgerEntry]:
    """The newest outcomes that need somebody; none for others than site admins."""
    return ledger.list_troubles(limit) if viewer.is_site_admin else []


def retry_delivery(viewer: Viewer, row_id: int) -> int:
    """Make one promise due at once, parked or not; returns its server's id. Raises Forbidden, NotFound."""
    _require_site_admin(viewer)
    with writing():
        server_id = outbox.retry_row(row_id)
    if server_id is None:
        raise NotFound("It is no longer in the queue.")
    return server_id


def ask_for_job(viewer: Viewer, server_id: int, kind: JobKind, technique: str) -> int:
    """Ask for a pull or push that a job does; returns the job's id. Raises Forbidden, NotFound."""
    server = find_server(viewer, server_id)
    with writing():
        return jobs.create_job(kind, f"{server.id} {technique}", viewer.user_id)


def find_job(viewer: Viewer, job_id: int) -> JobRecord:
    """A job: one's own, or any for site admins. Raises NotFound."""
    job = jobs.find_any_job(job_id)
    if job is None or not (viewer.is_site_admin or job.user_id == viewer.user_id):
        raise NotFound("Invalid job")
    return job


def wait_for_job(viewer: Viewer, job_id: int, seconds: float) -> JobRecord:
    """The job once it has ended, or as it is after so many seconds. Raises NotFound."""
    ends = time.monotonic() + seconds
    while not (job := find_job(viewer, job_id)).ended and time.monotonic() < ends:
        time.sleep(_JOB_POLL_SECONDS)
    return job


def name_of(server_id: int) -> str:
    """What a link is called, for who asked for its job; its number once it is gone."""
    server = store.find_any_server(server_id)
    return f"{server_id}" if server is None else server.name


def _require_site_admin(viewer: Viewer) -> None:
    if not viewer.is_site_admin:
        raise Forbidden(NO_FUNCTION)


def _standings(servers: list[LinkedServer]) -> list[Standing]:
    named = {org_id for server in servers for org_id in (server.org_id, server.remote_org_id)}
    orgs = organisation_records(named)
    queues, ledgers = outbox.queue_counts(), ledger.counts_by_server()
    return [
        Standing(
            server,
            orgs[server.org_id],
            orgs[server.remote_org_id],
            queues.get(server.id, QueueCounts(0, 0)),
            ledgers.get(server.id, LedgerCounts()),
        )
        for server in servers
    ]


def _remote_org(viewer: Viewer, draft: ServerDraft) -> int:
    """The id of the partner's organisation, made if it is not here yet (RULES §10.1: its uuid is what counts)."""
    if draft.new_org is not None:
        return capture_organisation(viewer, draft.new_org).id
    if not draft.remote_org:
        raise Refused(NO_REMOTE_ORG)
    found = find_any_organisation(draft.remote_org)
    if found is None:
        raise Refused(UNKNOWN_ORG)
    return found.id


def _defaults(viewer: Viewer) -> dict[str, object]:
    host = load_settings().host_org_id
    owner = viewer.org_id or host
    if owner is None:
        raise Refused("This instance has no organisation yet.")
    return {
        "org_id": owner,
        "user_id": viewer.user_id,
        "push_rules": PUSH_RULES,
        "pull_rules": PULL_RULES,
        "allow_internal": [],
        "priority": store.next_priority(),
    }


def _columns(viewer: Viewer, draft: ServerDraft, *, remote_org_id: int, old: LinkedServer | None) -> dict[str, object]:
    """What is written: what was given, and what follows from it."""
    plain = (item.name for item in fields(ServerDraft) if item.name not in _NOT_COLUMNS)
    values = {name: value for name in plain if (value := getattr(draft, name)) is not None}
    if draft.name is not None:
        values["name"] = draft.name.strip()
    if draft.url is not None:
        values["url"] = draft.url.strip().rstrip("/")
    if draft.authkey:
        values["authkey_ref"] = sealing.seal("server", draft.authkey)
    if draft.allow_internal is not None:
        values["allow_internal"] = list(draft.allow_internal)
    internal = draft.internal if draft.internal is not None else bool(old and old.internal)
    values["internal"] = internal and remote_org_id == load_settings().host_org_id
    return values | {"remote_org_id": remote_org_id, "user_id": _creator(viewer, old)} | _schedule(draft, old)


def _creator(viewer: Viewer, old: LinkedServer | None) -> int | None:
    """Who creates what the link pulls: the admin who saved it last; the command line is nobody."""
    return viewer.user_id if viewer.user_id is not None or old is None else old.user_id


def _schedule(draft: ServerDraft, old: LinkedServer | None) -> dict[str, object]:
    """A link that begins to pull by itself does so at once; one that no longer does has no next time."""
    if draft.pull is None and draft.pull_interval is None:
        return {}
    pulls = draft.pull if draft.pull is not None else bool(old and old.pull)
    interval = draft.pull_interval if draft.pull_interval is not None else (old.pull_interval if old else None)
    return {"pull_interval": interval or None, "next_pull": clock.now() if pulls and interval else None}


def _begin_anew(old: LinkedServer, draft: ServerDraft) -> None:
    """After a change everything that waits is tried, and what rules kept out is judged again."""
    outbox.retry_all(old.id)
    store.remember_index(old.id, None)
    if draft.pull_rules is not None and draft.pull_rules != old.pull_rules:
        ledger.forget_skipped(old.id)


def _told(draft: ServerDraft) -> Mapping[str, object]:
    """What the audit row keeps: never the key."""
    values = {item.name: getattr(draft, item.name) for item in fields(ServerDraft)}
    return {name: value for name, value in values.items() if value is not None and name not in ("authkey", "proxy")}
