"""Proposals cross: pushed for the events that a partner lists, and pulled (PROTOCOL §3.13, §4.5)."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from mispmini.domain import clock
from mispmini.domain.attribute_types import is_attachment
from mispmini.domain.drafts import ProposalDraft
from mispmini.domain.receipts import Direction, LedgerState, Receipt, Trouble
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.services.files import file_flaw
from mispmini.services.proposal_capture import save_pulled
from mispmini.store.attachments import Holder, files_of
from mispmini.store.database import reading, writing
from mispmini.store.ledger import forget_refused_files, refused_files, write_receipt
from mispmini.store.proposals import needing_no_file, proposals_for_partner
from mispmini.store.settings import load_settings
from mispmini.store.versions import local_versions
from mispmini.sync.failures import Forbearance
from mispmini.sync.links import said
from mispmini.sync.pull_index import IndexRow
from mispmini.sync.push import Pusher
from mispmini.sync.remote import Cause, RemoteFailure, RemoteServer
from mispmini.sync.sightings import partner_viewer
from mispmini.wire.proposal_in import read_proposals
from mispmini.wire.proposal_out import pushed_proposals_json

PAGE = 1_000
MOST_PAGES = 100
MOST_REFUSALS = 3
MOST_FILE_BYTES = 24 * 1024 * 1024
SECONDS_BACK = 90 * 86400
_PAGE = "text/html"  # of a login or a proxy; a MISP names no file so
T = TypeVar("T")
_log = logging.getLogger(__name__)


def push_all_proposals(pusher: Pusher, listed: Iterable[IndexRow]) -> int:
    """Send the pending proposals of every event that the partner lists; for how many events. Raises RemoteFailure.

    A refusal of one event's does not stop the others.
    """
    with reading():
        leaving = proposals_for_partner(partner_viewer(pusher.server), [row.uuid for row in listed])
    bearing = Forbearance("Proposals")
    for uuid, rows in leaving.items():
        with bearing.with_one():
            for part in _in_parts(rows, lambda row: row.size or 0):
                _send(pusher, uuid, pushed_proposals_json(part, files_of([row.id for row in part], Holder.PROPOSAL)))
    return len(leaving) - bearing.failures


def _in_parts(items: Iterable[T], size_of: Callable[[T], int]) -> Iterator[list[T]]:
    """As few parts as the files in them let: a receiver refuses a body that is too large, and memory ends too."""
    part: list[T] = []
    held = 0
    for item in items:
        if part and held + size_of(item) > MOST_FILE_BYTES:
            yield part
            part, held = [], 0
        part.append(item)
        held += size_of(item)
    if part:
        yield part


def _send(pusher: Pusher, uuid: str, body: str) -> None:
    path = f"/events/pushProposals/{uuid}"
    answer = pusher.remote.post_json(path, body, gzip_allowed=pusher.version().takes_gzip)
    if answer.status != 200:
        raise RemoteFailure(Cause.HTTP, f"status {answer.status} for {path}: {said(answer)}")


def pull_proposals(remote: RemoteServer, server: LinkedServer, viewer: Viewer) -> int:
    """Take what was proposed at the partner in the last 90 days, page by page; how many were new or newer.

    Raises RemoteFailure; what was taken before stays.
    """
    since = clock.now() - SECONDS_BACK
    taken = 0
    for page in range(1, MOST_PAGES + 1):
        path = f"/shadow_attributes/index/all:1/timestamp:{since}/limit:{PAGE}/page:{page}/deleted[]:0/deleted[]:1.json"
        answer = remote.get_json(path)
        if answer.status != 200 or not isinstance(answer.json, list | dict):
            _log.warning("Server %s lists no proposals: status %s, %s", server.id, answer.status, said(answer))
            break
        for part in _in_parts(_with_files(remote, server, read_proposals(answer.json)), _file_size):
            taken += save_pulled(viewer, part, server.remote_org_id)
        if len(answer.json) < PAGE:
            break
    return taken


def _with_files(remote: RemoteServer, server: LinkedServer, drafts: Sequence[ProposalDraft]) -> Iterator[ProposalDraft]:
    """The drafts, those of new files that the list came without with what the partner gives out for them.

    A file that may not be kept here is left out and told of, and its version not asked for again.
    """
    known, refusals = refused_files(server.id), 0
    here = local_versions([str(draft.event_uuid) for draft in drafts if is_attachment(draft.attribute.type or "")])
    had = needing_no_file([draft.uuid for draft in drafts if _lacks_file(draft)])
    for draft in drafts:
        found: bytes | Receipt | None = draft.attribute.data
        is_new = draft.uuid not in had and known.get(draft.uuid, -1) < draft.timestamp
        if _lacks_file(draft) and draft.event_uuid in here and is_new and refusals < MOST_REFUSALS:
            found = _file(remote, draft)
            refusals += found is None
        if isinstance(found, bytes) and (flaw := file_flaw(draft.attribute.type, found)):
            found = _refused(draft, flaw)
        if found is not None and draft.event_uuid in here:
            _note(server, draft, found, known)
        yield replace(draft, attribute=replace(draft.attribute, data=found if isinstance(found, bytes) else None))


def _note(server: LinkedServer, draft: ProposalDraft, found: bytes | Receipt, known: Mapping[str, int]) -> None:
    """Keep the ledger true, without a row for what it says already."""
    if isinstance(found, Receipt):
        if known.get(draft.uuid, -1) < draft.timestamp:
            with writing(quiet=True):
                write_receipt(server.id, Direction.PULL, draft.uuid, found)
    elif draft.uuid in known:
        with writing(quiet=True):
            forget_refused_files(draft.uuid)


def _lacks_file(draft: ProposalDraft) -> bool:
    attribute = draft.attribute
    fresh = draft.old_uuid is None and not draft.deleted and draft.number is not None
    return fresh and attribute.data is None and is_attachment(attribute.type or "")


def _file_size(draft: ProposalDraft) -> int:
    return len(draft.attribute.data or b"")


def _file(remote: RemoteServer, draft: ProposalDraft) -> bytes | Receipt | None:
    """The file; or why it may not be kept here; None if it was not to be had."""
    path = f"/shadow_attributes/download/{draft.number}"
    try:
        got = remote.download(path, max_bytes=load_settings().most_attachment_bytes)
    except RemoteFailure as failure:
        if failure.cause is Cause.TOO_BIG:
            return _refused(draft, failure.detail)
        if not failure.was_answered:
            raise
        return None
    return got.body if got.status == 200 and got.kind != _PAGE and got.body else None


def _refused(draft: ProposalDraft, why: str) -> Receipt:
    detail = f"proposal {draft.attribute.value} for event {draft.event_uuid}: {why}"
    return Receipt(LedgerState.SKIPPED, Trouble.FILE_REFUSED, detail, version=draft.timestamp)
