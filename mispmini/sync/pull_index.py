"""What a partner offers to pull, and what of it is wanted here (PROTOCOL §4.3)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.ids import canonical_uuid
from mispmini.domain.rules import PullRules
from mispmini.domain.servers import LinkedServer
from mispmini.store.database import writing
from mispmini.store.ledger import judged_versions
from mispmini.store.rereadings import forget_readings, to_read_again
from mispmini.store.servers import known_index_tag
from mispmini.store.settings import load_settings
from mispmini.store.versions import blocked_among, local_versions
from mispmini.sync.answers import told_in
from mispmini.sync.links import said
from mispmini.sync.remote import Cause, RemoteFailure, RemoteServer, json_text
from mispmini.wire.scalars import listed, whole_number

INDEX = "/events/index"
NO_TAG_YET = '""'
MOST_ROWS = 250_000
MOST_BYTES = 64 * 1024 * 1024  # more than so many rows take


class IndexRow(NamedTuple):
    """An event that the partner has published: its version (timestamp) and who created it."""

    uuid: str
    timestamp: int
    orgc_uuid: str
    sighting_timestamp: int = 0


@dataclass(frozen=True, slots=True)
class Index:
    """The partner's list in its order; empty if it has not changed since `etag` was remembered.

    `is_whole` says that it holds all that the partner shows us: no rule narrowed it, and each item could be read.
    """

    rows: tuple[IndexRow, ...]
    etag: str | None
    unchanged: bool = False
    is_whole: bool = False


def read_index(
    remote: RemoteServer,
    server: LinkedServer,
    *,
    with_rules: bool,
    known_tag: str | None = None,
    lists_orgs: bool = True,
) -> Index:
    """Ask for the partner's published events. Raises RemoteFailure.

    `known_tag` is that of a list which this run has read: 304 then says that it still holds.
    Otherwise the remembered tag is only sent for a list whose every event was judged, so that 304 means "nothing new".
    """
    filters = PullRules.from_text(server.pull_rules).index_filters(lists_orgs=lists_orgs) if with_rules else {}
    tag = known_tag or (known_index_tag(server) if with_rules else None)
    body = json_text({**filters, "minimal": 1, "published": 1})
    answer = remote.post_json(INDEX, body, etag=tag or NO_TAG_YET, max_bytes=MOST_BYTES)
    if answer.status == 304:
        return Index((), tag, unchanged=True)
    if answer.status != 200:
        raise RemoteFailure(Cause.HTTP, f"status {answer.status} for {INDEX}: {said(answer)}")
    items = index_items(answer.json)
    rows = tuple(row for item in items[:MOST_ROWS] if (row := _row(item)) is not None)
    return Index(rows, answer.etag, is_whole=not filters and len(rows) == len(items))


def wanted_rows(server: LinkedServer, rows: Iterable[IndexRow], *, only_known: bool) -> list[IndexRow]:
    """What to fetch, in the reverse of the partner's order as a MISP does: newer than here, locked here, not blocked.

    What an earlier run judged for good stays judged until it changes there (TRUST §3.4).
    """
    listed = list(rows)
    here = local_versions([r.uuid for r in listed])
    judged = judged_versions(server.id)
    blocked, blocked_orgs = _blocked(listed)
    wanted = []
    for row in reversed(listed):
        local = here.get(row.uuid)
        if row.uuid in blocked or row.orgc_uuid in blocked_orgs or _is_judged(judged.get(row.uuid, -1), row):
            continue
        if local is None and only_known:
            continue
        if local is None or (local.locked and not local.trashed and local.is_older_than(row.timestamp)):
            wanted.append(row)
    return wanted


def waiting_rows(
    server: LinkedServer, *, besides: Collection[str] = (), only_known: bool = False
) -> dict[str, str | None]:
    """What to read again, by uuid with the digest of the reading before: but for what is fetched anyhow.

    What was deleted or blocked here since is not waited for any longer.
    """
    waiting = to_read_again(server.id)
    here, (blocked, _orgs) = local_versions(list(waiting)), blocked_among(list(waiting), [])
    gone = blocked | {uuid for uuid, local in here.items() if local.trashed or not local.locked}
    if gone:
        with writing(quiet=True):
            forget_readings(server.id, gone)
    left_out = gone.union(besides, waiting.keys() - here.keys() if only_known else ())
    return {uuid: digest for uuid, digest in waiting.items() if uuid not in left_out}


def _is_judged(version: int, row: IndexRow) -> bool:
    """Whether an earlier run judged this version; one of the future may be followed by a lower one (RULES §6)."""
    return version == row.timestamp if clock.is_ahead(version) else version >= row.timestamp


def _blocked(rows: list[IndexRow]) -> tuple[set[str], set[str]]:
    settings = load_settings()
    return blocked_among(
        [r.uuid for r in rows] if settings.event_blocklist else [],
        sorted({r.orgc_uuid for r in rows}) if settings.org_blocklist else [],
    )


def index_items(document: object) -> list[object]:
    """What is listed, bare; a single bare object counts as a list of one (PROTOCOL §4.3), and a list may be wrapped or,
    after PHP filtered it, be an object of numbers. Raises RemoteFailure for what is no list."""
    if isinstance(document, dict):
        document = document.get("response", document)
    if not isinstance(document, list | dict) or told_in(document):
        raise RemoteFailure(Cause.NOT_JSON, f"{INDEX} gave no list")
    return [_bare(item) for item in listed(document)]


def _bare(item: object) -> object:
    inside = item.get("Event") if isinstance(item, dict) else None
    return {**item, **inside} if isinstance(item, dict) and isinstance(inside, dict) else item


def _row(item: object) -> IndexRow | None:
    if not isinstance(item, dict) or item.get("published", True) in (False, "0", 0):
        return None
    uuid, timestamp = canonical_uuid(str(item.get("uuid", ""))), whole_number(item.get("timestamp"))
    if uuid is None or timestamp is None or timestamp < 0:
        return None
    sighted = whole_number(item.get("sighting_timestamp"))
    return IndexRow(uuid, timestamp, _creator(item), max(sighted or 0, 0))


def _creator(item: dict[str, object]) -> str:
    """The creator's uuid: its own key in a minimal index, inside Orgc where a partner knows of no such."""
    orgc = item.get("Orgc")
    return str(item.get("orgc_uuid") or (orgc.get("uuid", "") if isinstance(orgc, dict) else "")).lower()
