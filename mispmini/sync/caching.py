"""Keeps digests of what a partner holds, so that values here say who knows them too (PROTOCOL §4.9, RULES §10.7)."""

import re
from collections.abc import Iterator

from mispmini.domain.errors import SaveFailed
from mispmini.domain.ids import canonical_uuid
from mispmini.domain.servers import LinkedServer
from mispmini.store import server_values
from mispmini.store.database import writing
from mispmini.sync.links import LinkRefused, Outbound, Progress, go_on, only_one_on, open_remote
from mispmini.sync.remote import Cause, RemoteFailure, RemoteServer, json_text

SEARCH = "/attributes/restSearch.json"
CACHED = "Caching the servers has successfully completed."
PAGE = 50_000
MOST_VALUES = 5_000_000
_LOCK_WAIT_SECONDS = 10.0
_LINE = re.compile(r"([0-9a-f]{32})(?:,([0-9A-Fa-f-]{36}))?\Z")
Held = list[tuple[bytes, str | None]]


def cache_partner(server: LinkedServer, outbound: Outbound, *, progress: Progress = go_on) -> int:
    """Take the digests of a partner's values anew; how many lines came.

    An empty first page is an empty cache (API §10.2 row 21). `progress` hears (done, 0). Raises SaveFailed,
    AlreadyRunning; what the partner held before stays when the first page fails.
    """
    taken = 0
    with only_one_on(server.id, wait=_LOCK_WAIT_SECONDS):
        try:
            with open_remote(server, outbound) as remote:
                for page in _pages(remote):
                    with writing(quiet=True):
                        if not taken:
                            server_values.begin_cache(server.id)
                        server_values.add_to_cache(server.id, page)
                    taken += len(page)
                    if taken >= MOST_VALUES or not progress(taken, 0):
                        break
        except (LinkRefused, RemoteFailure) as failure:
            raise SaveFailed("cache", "Server", str(failure), subject_id=server.id) from failure
        with writing(quiet=True):
            if not taken:
                server_values.begin_cache(server.id)
            server_values.end_cache(server.id)
    return taken


def _pages(remote: RemoteServer) -> Iterator[Held]:
    """Page after page until an empty one; a page that repeats the one before ends it too."""
    before: bytes | None = None
    for number in range(1, MOST_VALUES // PAGE + 1):
        asked = {"returnFormat": "cache", "includeEventUuid": 1, "page": number, "limit": PAGE}
        told = remote.post_for_text(SEARCH, json_text(asked))
        if told.status != 200:
            raise RemoteFailure(Cause.HTTP, f"status {told.status} for {SEARCH}: {told.text}")
        if not told.body.strip() or told.body == before:
            return
        before = told.body
        yield _held(told.body)


def _held(body: bytes) -> Held:
    """The lines `md5` or `md5,event uuid`. Raises RemoteFailure for a body that is none of it."""
    lines = body.decode(errors="replace").split()
    found = [(bytes.fromhex(m[1]), canonical_uuid(m[2] or "")) for line in lines if (m := _LINE.match(line))]
    if not found:
        raise RemoteFailure(Cause.HTTP, f"no digests came from {SEARCH}")
    return found
