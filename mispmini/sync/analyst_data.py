"""Notes, opinions and relationships cross: offered and pushed one by one, and pulled by uuid (PROTOCOL §3.15, §4.8)."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mispmini.domain.analyst_data import KINDS, AnalystKind, AnalystRow
from mispmini.domain.clock import datetime_text
from mispmini.domain.distribution import ITEM_LEVELS_PUSHED, Partner, after_push, item_leaves
from mispmini.domain.drafts import AnalystDraft
from mispmini.domain.errors import NotFound
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventGraph, SharingGroup
from mispmini.domain.origin import Origin
from mispmini.domain.rules import PullRules
from mispmini.domain.servers import LinkedServer
from mispmini.domain.tlp_guard import leaving_to, refusal_of
from mispmini.domain.viewer import Viewer
from mispmini.services.analyst_data import save_pulled, sheet_of, wanted_items
from mispmini.store.analyst_data import items_for_push
from mispmini.store.database import reading
from mispmini.store.graphs import Parts, load_event_by_id
from mispmini.store.groups import load_groups
from mispmini.sync.failures import Forbearance
from mispmini.sync.links import said
from mispmini.sync.push import Pusher
from mispmini.sync.remote import Cause, RemoteFailure, RemoteServer, json_text
from mispmini.wire.analyst_data_in import Offers, read_offers, read_pulled
from mispmini.wire.analyst_data_out import ItemTexts

FILTER = "/analyst_data/filterAnalystDataForPush"
PUSH = "/analyst_data/pushAnalystData"
INDEX = "/analyst_data/indexMinimal"
_ITEMS_A_REQUEST = 100
_HEAD = Parts(elements=False, all_tags=True)
_WHOLE = Parts(deleted=Deleted.BOTH, all_tags=True)
_log = logging.getLogger(__name__)


def push_analyst_data(pusher: Pusher) -> int:
    """Offer what may go, and send what the partner wants of it; how many it took. Raises LinkRefused, RemoteFailure."""
    with reading():
        groups = load_groups_of(items := items_for_push(ITEM_LEVELS_PUSHED))
        leaving = {row.uuid: row for row in _leaving(items, groups, pusher.partner)}
    wanted = [leaving[uuid] for uuid in _wanted(pusher, leaving) if uuid in leaving]
    if not wanted:
        return 0
    with reading():
        texts = ItemTexts(sheet_of(Viewer.everything(), wanted, ()), groups)
    taken, bearing = 0, Forbearance("Notes and opinions")
    for row in map(_Lowered(pusher.partner), wanted):
        with bearing.with_one():
            taken += _send(pusher, texts.pushed(row))
    return taken


def load_groups_of(items: Iterable[AnalystRow]) -> dict[int, SharingGroup]:
    """The sharing groups that items name."""
    return load_groups({row.sharing_group_id for row in items if row.sharing_group_id is not None})


class _Lowered:
    """Lowers the level of what crosses, as of everything else that is pushed."""

    def __init__(self, partner: Partner) -> None:
        self._internal = partner.internal

    def __call__(self, row: AnalystRow) -> AnalystRow:
        return row._replace(distribution=after_push(row.distribution, internal=self._internal))


def _leaving(items: Iterable[AnalystRow], groups: Mapping[int, SharingGroup], partner: Partner) -> Iterator[AnalystRow]:
    """Those that may go by themselves, and are about nothing that stays here: a note would tell of it."""
    goes: dict[tuple[int, bool], EventGraph | None] = {}
    for row in items:
        if not item_leaves(row.distribution, groups.get(row.sharing_group_id or 0), row.orgc_id, partner):
            continue
        if row.event_id is None:
            yield row
            continue
        key = (row.event_id, _is_about_element(row))
        if key not in goes:
            goes[key] = _copy_for(partner, *key)
        copy = goes[key]
        if copy is not None and _holds(copy, row):
            yield row


def _is_about_element(row: AnalystRow) -> bool:
    return any(number is not None for number in (row.attribute_id, row.object_id, row.report_id))


def _copy_for(partner: Partner, event_id: int, is_whole: bool) -> EventGraph | None:
    """The partner's copy of an event, its elements only if they count; None if it does not go there."""
    try:
        graph = load_event_by_id(Viewer.everything(), event_id, _WHOLE if is_whole else _HEAD)
    except NotFound:
        return None
    if not is_whole:
        return graph if refusal_of(graph, partner) is None else None
    leaving = leaving_to(graph, partner)
    return leaving.copy if leaving.refusal is None else None


def _holds(copy: EventGraph, row: AnalystRow) -> bool:
    if not _is_about_element(row):
        return True
    return (
        any(attribute.id == row.attribute_id for attribute in copy.attributes)
        or any(obj.id == row.object_id for obj in copy.objects)
        or any(report.id == row.report_id for report in copy.reports)
    )


def _wanted(pusher: Pusher, leaving: Mapping[str, AnalystRow]) -> list[str]:
    """What the partner picks of the offer; MISP asks with an empty list when it has none."""
    offer: dict[str, dict[str, str]] = {}
    for row in leaving.values():
        offer.setdefault(row.kind, {})[row.uuid] = datetime_text(row.modified)
    answer = pusher.remote.post_json(FILTER, json_text(offer or []), gzip_allowed=pusher.version().takes_gzip)
    if answer.status != 200:
        raise RemoteFailure(Cause.HTTP, f"status {answer.status} for {FILTER}: {said(answer)}")
    picked = read_offers(answer.json)
    return [uuid for kind in KINDS for uuid in picked[kind]]


def _send(pusher: Pusher, body: str) -> bool:
    """Send one; a refusal of one does not stop the others."""
    answer = pusher.remote.post_json(PUSH, body, gzip_allowed=pusher.version().takes_gzip)
    if answer.status >= 500:
        raise RemoteFailure(Cause.HTTP, f"status {answer.status} for {PUSH}: {said(answer)}")
    if answer.status != 200:
        _log.info("Server %s did not take a note or opinion: %s", pusher.server.id, said(answer))
    return answer.status == 200


def pull_analyst_data(remote: RemoteServer, server: LinkedServer, viewer: Viewer, origin: Origin) -> int:
    """Take what the partner shows and we lack, or have only older; how many were stored. Raises RemoteFailure."""
    rules = PullRules.from_text(server.pull_rules)
    names = [*rules.orgs_or, *(f"!{name}" for name in rules.orgs_not)]
    answer = remote.post_json(INDEX, json_text({"orgc_name": names}))
    if answer.status != 200:
        _log.warning("Server %s lists no notes: status %s, %s", server.id, answer.status, said(answer))
        return 0
    wanted = _wanted_here(viewer, read_offers(answer.json))
    taken = 0
    for kind, uuids in wanted.items():
        for start in range(0, len(uuids), _ITEMS_A_REQUEST):
            batch = uuids[start : start + _ITEMS_A_REQUEST]
            drafts = [draft for draft in _fetch(remote, kind, batch) if not _is_left_out(rules, draft)]
            taken += save_pulled(viewer, drafts, origin).imported
    return taken


def _wanted_here(viewer: Viewer, listed: Offers) -> dict[AnalystKind, list[str]]:
    wanted: dict[AnalystKind, list[str]] = {}
    for kind, uuid, _modified in wanted_items(viewer, listed):
        wanted.setdefault(AnalystKind(kind), []).append(uuid)
    return wanted


def _fetch(remote: RemoteServer, kind: AnalystKind, uuids: Sequence[str]) -> list[AnalystDraft]:
    """The items of these uuids; what was not asked for is not taken."""
    named = "/".join(f"uuid[]:{uuid}" for uuid in uuids)
    answer = remote.get_json(f"/analyst_data/index/{kind}/{named}.json")
    if answer.status != 200 or not isinstance(answer.json, list):
        raise RemoteFailure(Cause.HTTP, f"status {answer.status} for analyst_data/index: {said(answer)}")
    asked = set(uuids)
    return [draft for draft in read_pulled(kind, answer.json) if draft.uuid in asked]


def _is_left_out(rules: PullRules, draft: AnalystDraft) -> bool:
    """A partner may not know a rule, or ignore it: who is unwanted by name is not taken all the same."""
    creator = draft.orgc
    return creator is not None and rules.leave_out((), creator.name, creator.uuid or "")
