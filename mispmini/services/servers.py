"""Links to partners: added, edited and removed by site admins, and what their pages show (PROTOCOL §3.16; GUIDE)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from mispmini.domain import clock
from mispmini.domain.drafts import TagDraft
from mispmini.domain.errors import Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.ids import is_row_number
from mispmini.domain.records import OrganisationRecord
from mispmini.domain.rules import PushRules
from mispmini.domain.servers import LinkedServer, ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import audit
from mispmini.services.capture import capture_tags
from mispmini.services.link_files import file_columns, file_flaws, forget_files
from mispmini.services.link_rules import PULL_RULES, PUSH_RULES, with_texts
from mispmini.services.link_secrets import forget_secrets, secret_columns
from mispmini.services.organisations import NO_FUNCTION, capture_organisation
from mispmini.services.server_flaws import flaws_of
from mispmini.store import ledger, outbox
from mispmini.store import servers as store
from mispmini.store.database import writing
from mispmini.store.ledger import LedgerCounts
from mispmini.store.organisations import find_any_organisation, organisation_records
from mispmini.store.outbox import QueueCounts as QueueCounts
from mispmini.store.people import is_any_user_linked_to
from mispmini.store.settings import load_settings

INVALID_SERVER = "Invalid server"
NO_REMOTE_ORG = "No remote org ID set. Please pass it as remote_org_id"
UNKNOWN_ORG = "Invalid organisation."
LIMITS_ACCOUNTS = "Its push rules limit what accounts may see here. Take it from those accounts first."
_MODEL = "Server"
_NOT_COLUMNS = frozenset(
    {
        "authkey", "remote_org", "new_org", "name", "url", "pull_interval", "allow_internal", "trusted_orgs", "proxy",
        "push_names", "pull_names", "ca_pem", "client_pem", "default_local_tag",
    }
)  # fmt: skip
_NEVER_TOLD = frozenset({"authkey", "proxy", "push_names", "pull_names", "ca_pem", "client_pem"})


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


def require_site_admin(viewer: Viewer) -> None:
    """Links are the business of site admins alone. Raises Forbidden."""
    if not viewer.is_site_admin:
        raise Forbidden(NO_FUNCTION)


def list_servers(viewer: Viewer) -> list[Standing]:
    """Every link in the order of its priority. Raises Forbidden."""
    require_site_admin(viewer)
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
    require_site_admin(viewer)
    server = store.find_any_server(server_id)
    if server is None:
        raise NotFound(INVALID_SERVER)
    return server


def find_server_by_ref(viewer: Viewer, ref: str) -> LinkedServer:
    """A link by id or by its name, for the command line. Raises Forbidden, NotFound, Refused for a name given twice."""
    if is_row_number(ref):
        return find_server(viewer, int(ref))
    require_site_admin(viewer)
    named = store.find_any_servers_named(ref)
    if not named:
        raise NotFound(INVALID_SERVER)
    if len(named) > 1:
        raise Refused(f"{len(named)} servers have this name; please give the id.")
    return named[0]


def servers_to_cache(viewer: Viewer, ref: str) -> list[LinkedServer]:
    """The link of this id, or for `all` those whose caching is on. Raises Forbidden, NotFound."""
    require_site_admin(viewer)
    if ref == "all":
        return [server for server in store.list_any_servers() if server.caching_enabled]
    if not is_row_number(ref):
        raise NotFound(INVALID_SERVER)
    return [find_server(viewer, int(ref))]


def add_server(viewer: Viewer, draft: ServerDraft) -> LinkedServer:
    """Add a link; its key is sealed. Raises Forbidden, Refused without a remote organisation, SaveFailed."""
    require_site_admin(viewer)
    with writing():
        if not (draft.remote_org or draft.new_org):
            raise Refused(NO_REMOTE_ORG)
        draft = _checked(draft, old=None)
        values = _columns(viewer, draft, remote_org_id=_remote_org(viewer, draft), old=None)
        server_id = store.insert_server(_defaults(viewer) | values)
        audit.record(viewer, "add", _MODEL, server_id, str(draft.name), _told(draft))
        return find_server(viewer, server_id)


def edit_server(viewer: Viewer, server_id: int, draft: ServerDraft) -> LinkedServer:
    """Change what the draft gives; what waits for the link is tried anew. Raises Forbidden, NotFound, SaveFailed."""
    with writing():
        old = find_server(viewer, server_id)
        draft = _checked(draft, old=old)
        remote = _remote_org(viewer, draft) if draft.remote_org or draft.new_org else old.remote_org_id
        audit.watch(_MODEL, server_id)
        store.update_server(server_id, _columns(viewer, draft, remote_org_id=remote, old=old))
        _begin_anew(old, draft)
        audit.record(viewer, "edit", _MODEL, server_id, draft.name or old.name, _told(draft))
        edited = find_server(viewer, server_id)
    _forget_what_went(old, edited)
    return edited


def pause_server(viewer: Viewer, server_id: int, *, paused: bool) -> LinkedServer:
    """Let a link rest or work again: its queue is kept, and nothing is sent or fetched by itself meanwhile."""
    with writing():
        server = find_server(viewer, server_id)
        store.update_server(server_id, {"paused": paused})
        if not paused:
            outbox.hurry(server_id)
            outbox.wake()
        audit.record(viewer, "edit", _MODEL, server_id, server.name, {"paused": paused})
        return find_server(viewer, server_id)


def forget_unstorable(viewer: Viewer, server_id: int) -> None:
    """Believe again that the partner can store everything. Raises Forbidden, NotFound."""
    with writing():
        server = find_server(viewer, server_id)
        store.update_server(server_id, {"unstorable": None})
        audit.record(viewer, "edit", _MODEL, server_id, server.name, {"unstorable": []})


def pin_certificate(viewer: Viewer, server_id: int, sha256: str | None) -> LinkedServer:
    """Take this certificate and no other from now on, or with None those of the authorities again (TRUST §6).

    `sha256` is the fingerprint that the admin saw and trusts. Raises Forbidden, NotFound, SaveFailed.
    """
    draft = ServerDraft(pinned_sha256=sha256 or "", self_signed=bool(sha256))
    return edit_server(viewer, server_id, draft)


def delete_server(viewer: Viewer, server_id: int) -> LinkedServer:
    """Remove a link with its queue, ledger, key and files; events stay. Raises Forbidden, NotFound, SaveFailed.

    While its push rules keep something from accounts that read here it stays, or they would see that (RULES §10.3).
    """
    with writing():
        server = find_server(viewer, server_id)
        if PushRules.from_text(server.push_rules) != PushRules() and is_any_user_linked_to(server_id):
            raise SaveFailed("delete", _MODEL, LIMITS_ACCOUNTS, subject_id=server_id)
        store.delete_server(server_id)
        audit.record(viewer, "delete", _MODEL, server_id, server.name, {"url": server.url})
    _forget_what_went(server, None)
    return server


def name_of(server_id: int) -> str:
    """What a link is called, for who asked for its job; its number once it is gone."""
    server = store.find_any_server(server_id)
    return f"{server_id}" if server is None else server.name


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


def _checked(draft: ServerDraft, *, old: LinkedServer | None) -> ServerDraft:
    """The draft with its names resolved. Raises SaveFailed with a sentence for each field that does not fit."""
    resolved, unknown = with_texts(draft)
    files = {name: sentence for name, sentence in file_flaws(draft).items() if sentence}
    flaws = flaws_of(resolved, added=old is None) | {name: [text] for name, text in (unknown | files).items()}
    if flaws:
        raise SaveFailed("add" if old is None else "edit", _MODEL, flaws, subject_id=old.id if old else None)
    return resolved


def _forget_what_went(old: LinkedServer, new: LinkedServer | None) -> None:
    """Secrets and files outlive a transaction that fails; those that lost their row go once it holds."""
    forget_secrets(old, new)
    forget_files(old, new)


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
    if draft.pinned_sha256 is not None:
        values["pinned_sha256"] = draft.pinned_sha256.replace(":", "").lower() or None
    for name in ("allow_internal", "trusted_orgs"):
        if (listed := getattr(draft, name)) is not None:
            values[name] = list(listed)
    if draft.default_local_tag is not None:
        values["default_local_tag"] = _tag(viewer, draft.default_local_tag)
    values |= secret_columns(draft, old) | file_columns(draft)
    internal = draft.internal if draft.internal is not None else bool(old and old.internal)
    values["internal"] = internal and remote_org_id == load_settings().host_org_id
    return values | {"remote_org_id": remote_org_id, "user_id": _creator(viewer, old)} | _schedule(draft, old)


def _tag(viewer: Viewer, name: str) -> str | None:
    """The name of the link's local tag, made here if it is new: a partner's account may not make tags."""
    name = name.strip()
    if name:
        capture_tags(viewer, [TagDraft(name, local=True)])
    return name or None


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
    """What the audit row keeps: never a secret, and files by the fact that they were given."""
    values = {item.name: getattr(draft, item.name) for item in fields(ServerDraft) if item.name not in _NEVER_TOLD}
    files = {"cert_file": draft.ca_pem, "client_cert_file": draft.client_pem, "proxy": draft.proxy}
    changed = {name: "changed" for name, text in files.items() if text is not None}
    return {name: value for name, value in values.items() if value is not None} | changed
