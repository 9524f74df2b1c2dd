"""`servers/pull`: takes over what a partner has and we do not, or only older (PROTOCOL §4)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from mispmini.domain.distribution import Reason
from mispmini.domain.errors import MispminiError, SaveFailed
from mispmini.domain.ids import canonical_uuid
from mispmini.domain.receipts import LedgerState, Receipt, Trouble
from mispmini.domain.servers import LinkedServer
from mispmini.services.gone import note_listed
from mispmini.store import ledger, outbox, servers
from mispmini.store.database import writing
from mispmini.sync.analyst_data import pull_analyst_data
from mispmini.sync.clusters import pull_clusters, pull_relevant_clusters
from mispmini.sync.failures import LINK_IS_DOWN, Forbearance
from mispmini.sync.fetching import fetch_in_order
from mispmini.sync.keeping import Batch, Store
from mispmini.sync.links import (
    LinkRefused,
    Outbound,
    Progress,
    RemoteVersion,
    go_on,
    names_event,
    note_handshake,
    only_one_on,
    open_remote,
    shake_hands,
)
from mispmini.sync.proposals import pull_proposals
from mispmini.sync.pull_index import Index, read_index, waiting_rows, wanted_rows
from mispmini.sync.remote import RemoteFailure, RemoteServer
from mispmini.sync.sightings import pull_sightings

FULL = "full"
UPDATE = "update"
RELEVANT_CLUSTERS = "pull_relevant_clusters"
AGAIN = "again"
NOT_ENABLED = "Pull setting not enabled for this server."
NO_CLUSTERS = "Pulling galaxy clusters is not enabled for this server."
NOT_AUTHORISED = (
    "Not authorised. This is either due to an invalid auth key, or due to the sync user not having authentication"
    " permissions enabled on the remote server. Another reason could be an incorrect sync server setting."
)
_LOCK_WAIT_SECONDS = 10.0
_log = logging.getLogger(__name__)
_COUNTED_SKIPS = frozenset({Reason.EMPTY, Trouble.OURS})


@dataclass(frozen=True, slots=True)
class PullResult:
    """What a pull brought; `protected` events are listed there and not taken (RULES §10.10).

    `is_whole` unless somebody, or the server's end, stopped it.
    """

    pulled: int = 0
    failed: int = 0
    proposals: int = 0
    sightings: int = 0
    clusters: int = 0
    analyst_data: int = 0
    protected: int = 0
    is_whole: bool = True

    @property
    def sentence(self) -> str:
        """MISP's words (PROTOCOL §4.1), and what it would not say."""
        said = (
            f"Pull completed. {self.pulled} events pulled, {self.failed} events could not be pulled,"
            f" {self.proposals} proposals pulled, {self.sightings} sightings pulled, {self.clusters} clusters pulled,"
            f" {self.analyst_data} analyst data pulled."
        )
        return f"{said} {self.protected} protected events not taken." if self.protected else said


@dataclass(slots=True)
class _Tally:
    pulled: int = 0
    failed: int = 0
    is_whole: bool = True
    is_stopped: bool = False
    proposals: int = 0
    sightings: int = 0
    analyst_data: int = 0
    receipts: list[Receipt] = field(default_factory=list)

    def count(self, receipts: list[Receipt]) -> None:
        for receipt in receipts:
            if receipt.state is LedgerState.UNCHANGED:
                continue
            counted_skip = receipt.state is LedgerState.SKIPPED and receipt.reason in _COUNTED_SKIPS
            self.pulled += receipt.arrived
            self.failed += receipt.state is LedgerState.FAILED or counted_skip
            self.is_whole &= receipt.state is not LedgerState.FAILED


def pull_from(server: LinkedServer, technique: str, outbound: Outbound, *, progress: Progress = go_on) -> PullResult:
    """Pull everything (`full`), only what is here already (`update`), one event by id or uuid, or what may still have
    been written when it was read (`again`, which full and update do too).

    `progress` hears (done, total) after each batch and says whether to go on; what is stored stays. Raises SaveFailed
    with the reason, AlreadyRunning.
    """
    if technique == FULL and not server.pull:
        raise SaveFailed("pull", "Server", NOT_ENABLED, subject_id=server.id)
    if technique == RELEVANT_CLUSTERS and not server.pull_galaxy_clusters:
        raise SaveFailed("pull", "Server", NO_CLUSTERS, subject_id=server.id)
    with only_one_on(server.id, wait=_LOCK_WAIT_SECONDS):
        try:
            result = _pull(server, technique, outbound, progress)
        except (LinkRefused, RemoteFailure, MispminiError) as error:
            sentence = _told(error)
            _note(server.id, technique, sentence, failure=error)
            raise SaveFailed("pull", "Server", sentence, subject_id=server.id) from error
        _note(server.id, technique, result.sentence, worked=result.is_whole)
        return result


def _note(
    server_id: int, technique: str, sentence: str, *, worked: bool = False, failure: Exception | None = None
) -> None:
    """How a pull of everything ended, and with any whether the partner is there: then what waits for it is due."""
    with writing(quiet=True):
        if technique == FULL:
            servers.note_pull(server_id, sentence, worked=worked)
        if isinstance(failure, RemoteFailure) and failure.cause in LINK_IS_DOWN:
            servers.note_down(server_id, sentence)
        elif failure is None or _was_answered(failure):
            outbox.hurry_if_back(server_id)


def _was_answered(failure: Exception) -> bool:
    if isinstance(failure, LinkRefused):
        return failure.http_status is not None
    return isinstance(failure, RemoteFailure) and failure.was_answered


def _told(error: Exception) -> str:
    if isinstance(error, LinkRefused):
        return NOT_AUTHORISED if error.http_status else error.sentence
    if isinstance(error, SaveFailed) and isinstance(error.errors, str):
        return error.errors
    return error.sentence if isinstance(error, MispminiError) else str(error)


def _pull(server: LinkedServer, technique: str, outbound: Outbound, progress: Progress) -> PullResult:
    """The requests in a MISP's order: getVersion, clusters, index, events, proposals, sightings, analyst data."""
    with open_remote(server, outbound) as remote:
        version = shake_hands(remote)
        note_handshake(server, version)
        clusters = _pull_clusters(remote, version, Store.over(server), technique)
        if technique == RELEVANT_CLUSTERS:
            return PullResult(clusters=clusters)
        if technique in (FULL, UPDATE):
            store = Store.over(server, with_rules=technique == FULL, hears_of_deletions=version.perm_sync)
            tally = _pull_listed(remote, version, store, technique, outbound, progress)
            if version.perm_analyst_data:
                tally.analyst_data = _pull_analyst_data(remote, store)
        elif technique == AGAIN:
            tally = _Tally()
            store = Store.over(server, with_rules=True, hears_of_deletions=version.perm_sync)
            _keep(remote, store, outbound, [], waiting_rows(server), tally, progress)
        else:
            store = Store.over(server, hears_of_deletions=version.perm_sync, forced=True)
            tally = _pull_one(remote, store, technique, outbound)
    protected = ledger.count_skipped(server.id, Reason.PROTECTED)
    return PullResult(
        tally.pulled,
        tally.failed,
        tally.proposals,
        tally.sightings,
        clusters,
        analyst_data=tally.analyst_data,
        protected=protected,
        is_whole=not tally.is_stopped,
    )


def _pull_clusters(remote: RemoteServer, version: RemoteVersion, store: Store, technique: str) -> int:
    """Galaxy clusters (PROTOCOL §4.7); a failure costs only these, unless nothing else was asked for."""
    if not (store.server.pull_galaxy_clusters and "perm_galaxy_editor" in version.document):
        return 0
    try:
        if technique == RELEVANT_CLUSTERS:
            return pull_relevant_clusters(remote, store.viewer, store.origin, trusted=store.trusted)
        asked = {"eventid": technique} if names_event(technique) else {}
        return pull_clusters(remote, store.viewer, store.origin, trusted=store.trusted, asked=asked)
    except RemoteFailure as failure:
        if technique == RELEVANT_CLUSTERS:
            raise
        _log.warning("Galaxy clusters of server %s could not be pulled: %s", store.server.id, failure)
        return 0


def _pull_analyst_data(remote: RemoteServer, store: Store) -> int:
    """Notes, opinions and relationships (PROTOCOL §4.8); a failure costs only these."""
    try:
        return pull_analyst_data(remote, store.server, store.viewer, store.origin)
    except RemoteFailure as failure:
        _log.warning("Notes and opinions of server %s could not be pulled: %s", store.server.id, failure)
        return 0


def _pull_listed(
    remote: RemoteServer, version: RemoteVersion, store: Store, technique: str, outbound: Outbound, progress: Progress
) -> _Tally:
    server = store.server
    index = read_index(remote, server, with_rules=technique == FULL, lists_orgs=version.lists_orgs)
    tally, only_known = _Tally(), technique == UPDATE
    refs: list[str] = []
    if not index.unchanged:
        listed = {row.uuid for row in index.rows}
        note_listed(server, listed, whole=listed if technique == FULL and index.is_whole else None)
        refs = [row.uuid for row in wanted_rows(server, index.rows, only_known=only_known)]
    again = waiting_rows(server, besides=refs, only_known=only_known)
    whole = _keep(remote, store, outbound, refs, again, tally, progress)
    _pull_opinions(remote, version, server, index, tally, technique)
    if technique == FULL and not index.unchanged:
        with writing(quiet=True):
            servers.remember_index(server.id, index.etag if whole and tally.is_whole else None)
    return tally


def _keep(
    remote: RemoteServer,
    store: Store,
    outbound: Outbound,
    refs: list[str],
    again: dict[str, str | None],
    tally: _Tally,
    progress: Progress,
) -> bool:
    """Fetch and store what is wanted, then what is read again; whether nobody stopped it."""
    wanted = dict.fromkeys(refs) | again
    store = replace(store, again=again)
    done = 0
    for batch in _batches(remote, store.server, outbound, wanted):
        tally.count(store.keep_all(batch))
        done += len(batch.items)
        if not progress(done, len(wanted)):
            tally.is_stopped = done < len(wanted)
            break
    return done == len(wanted)


def _pull_opinions(
    remote: RemoteServer, version: RemoteVersion, server: LinkedServer, index: Index, tally: _Tally, technique: str
) -> None:
    """Proposals, then sightings of what the index still lists (PROTOCOL §4.5, §4.6); a failure costs only these."""
    viewer, bearing = Store.over(server).viewer, Forbearance(f"Sightings of server {server.id}")
    with _going_on_without(tally, f"Proposals of server {server.id}"):
        if version.lists_proposals:
            tally.proposals = pull_proposals(remote, server, viewer)
    with _going_on_without(tally, f"Sightings of server {server.id}"):
        again = read_index(
            remote, server, with_rules=technique == FULL, known_tag=index.etag, lists_orgs=version.lists_orgs
        )
        listed = index.rows if again.unchanged else again.rows
        tally.sightings = pull_sightings(
            remote, server, viewer, listed, by_search=version.finds_sightings, bearing=bearing
        )
    tally.is_whole &= not bearing.failures


@contextmanager
def _going_on_without(tally: _Tally, what: str) -> Iterator[None]:
    """What fails inside is missing, and nothing else; the next pull looks again."""
    try:
        yield
    except RemoteFailure as failure:
        tally.is_whole = False
        _log.warning("%s could not be pulled: %s", what, failure)


def _batches(
    remote: RemoteServer, server: LinkedServer, outbound: Outbound, refs: dict[str, str | None]
) -> Iterator[Batch]:
    """What was fetched, in portions for one transaction each; what was fetched before a failure is still handed on."""
    batch = Batch()
    try:
        for ref, fetched in zip(refs, fetch_in_order(remote, server, outbound, refs), strict=True):
            batch.add(ref, fetched)
            if batch.is_full:
                yield batch
                batch = Batch()
    except RemoteFailure:
        if batch.items:
            yield batch
        raise
    if batch.items:
        yield batch


def _pull_one(remote: RemoteServer, store: Store, ref: str, outbound: Outbound) -> _Tally:
    if not names_event(ref):
        raise SaveFailed("pull", "Server", f"Invalid pull technique `{ref}`.", subject_id=store.server.id)
    tally = _Tally()
    _keep(remote, store, outbound, [canonical_uuid(ref) or ref], {}, tally, go_on)
    return tally
