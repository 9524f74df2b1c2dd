"""What a partner offers, looked at without taking it: its list and single events (PROTOCOL §4.9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from mispmini.domain.errors import NotFound, SaveFailed
from mispmini.domain.ids import canonical_uuid, is_row_number
from mispmini.domain.rules import PullRules
from mispmini.domain.servers import LinkedServer
from mispmini.store.settings import load_settings
from mispmini.store.versions import LocalVersion, blocked_among, local_versions
from mispmini.sync.links import LinkRefused, Outbound, open_remote, said
from mispmini.sync.pull_index import index_items
from mispmini.sync.remote import RemoteFailure

FILTERS = ("searchall", "searcheventinfo", "searchorg", "searchtag", "searchpublished")
PAGE_SIZE = 60
MOST_ROWS = 500


class Verdict(StrEnum):
    """Whether a pull would take an event of the partner's list, or why not."""

    NEW = "new"
    NEWER = "newer"
    UNPUBLISHED = "unpublished"
    OURS = "ours"
    HERE = "here"
    BLOCKED = "blocked"
    LEFT_OUT = "left_out"
    EMPTY = "empty"
    PROTECTED = "protected"


WOULD_COME = frozenset({Verdict.NEW, Verdict.NEWER})


@dataclass(frozen=True, slots=True)
class Preview:
    """One page of a partner's list: its items as they came, a verdict for each, and how many there are in all."""

    items: tuple[Mapping[str, Any], ...]
    verdicts: tuple[Verdict, ...]
    total: int | None


def preview_index(
    server: LinkedServer, outbound: Outbound, *, page: int = 1, limit: int = PAGE_SIZE, filters: Mapping[str, str]
) -> Preview:
    """Newest events of the partner, with what a pull would do to each.

    `filters` are names of FILTERS. Raises SaveFailed with what went wrong at the partner.
    """
    asked = "".join(f"/{name}:{_quoted(text)}" for name, text in filters.items() if name in FILTERS and text)
    path = f"/events/index/sort:timestamp/direction:desc/page:{page}/limit:{limit}{asked}"
    document, total = _asked(server, outbound, path)
    try:
        listed = index_items(document)
    except RemoteFailure as failure:
        raise SaveFailed("preview", "Server", str(failure), subject_id=server.id) from failure
    items = tuple(item for item in listed if isinstance(item, dict))[:MOST_ROWS]
    return Preview(items, verdicts_on(server, items), total)


def preview_event(server: LinkedServer, outbound: Outbound, ref: str) -> dict[str, Any]:
    """One event of the partner as it tells of it. Raises NotFound, SaveFailed."""
    known = canonical_uuid(ref) or (ref if is_row_number(ref) else None)
    if known is None:
        raise NotFound("Invalid event")
    document, _ = _asked(server, outbound, f"/events/{known}")
    event = document.get("Event") if isinstance(document, dict) else None
    if not isinstance(event, dict):
        raise NotFound("Invalid event")
    return {"Event": {"EventTag": [], **event}}  # MISP: the key is there, whatever tags it has


def _asked(server: LinkedServer, outbound: Outbound, path: str) -> tuple[Any, int | None]:
    try:
        with open_remote(server, outbound) as remote:
            answer = remote.get_json(path)
    except (LinkRefused, RemoteFailure) as failure:
        raise SaveFailed("preview", "Server", str(failure), subject_id=server.id) from failure
    if answer.status == 404:
        raise NotFound("Invalid event")
    if answer.status != 200:
        raise SaveFailed("preview", "Server", f"HTTP {answer.status}: {said(answer)}", subject_id=server.id)
    count = answer.headers.get("X-Result-Count", "")
    return answer.json, int(count) if is_row_number(count) else None


def verdicts_on(server: LinkedServer, items: Sequence[Mapping[str, Any]]) -> tuple[Verdict, ...]:
    """What a pull would do to each item of a partner's list."""
    settings = load_settings()
    uuids = [str(item.get("uuid", "")).lower() for item in items]
    creators = [str(_record(item.get("Orgc")).get("uuid", "")).lower() for item in items]
    here = local_versions(uuids)
    events, orgs = blocked_among(
        uuids if settings.event_blocklist else [], sorted(set(creators)) if settings.org_blocklist else []
    )
    rules = PullRules.from_text(server.pull_rules)
    return tuple(
        Verdict.BLOCKED if uuid in events or creator in orgs else _verdict(item, here.get(uuid), rules)
        for item, uuid, creator in zip(items, uuids, creators, strict=True)
    )


def _verdict(item: Mapping[str, Any], local: LocalVersion | None, rules: PullRules) -> Verdict:
    if local is None:
        return _of_the_item(item, rules) or Verdict.NEW
    if local.trashed:
        return Verdict.BLOCKED
    if not local.locked:
        return Verdict.OURS
    return (
        Verdict.HERE
        if local.timestamp >= _number(item.get("timestamp"))
        else _of_the_item(item, rules) or Verdict.NEWER
    )


def _of_the_item(item: Mapping[str, Any], rules: PullRules) -> Verdict | None:
    """What speaks against an event whatever stands here."""
    if item.get("published") in (False, "0", 0):
        return Verdict.UNPUBLISHED
    if item.get("protected") in (True, "1", 1):
        return Verdict.PROTECTED
    creator, tags = _record(item.get("Orgc")), _tag_names(item)
    name, uuid = str(creator.get("name", "")), str(creator.get("uuid", ""))
    if rules.leave_out(tags, name, uuid) or not rules.wants(tags, name, uuid):
        return Verdict.LEFT_OUT
    return Verdict.EMPTY if item.get("attribute_count") in ("0", 0) else None


def _tag_names(item: Mapping[str, Any]) -> list[str]:
    links = item.get("EventTag")
    records = [_record(_record(link).get("Tag")) for link in links] if isinstance(links, list) else []
    return [str(record.get("name", "")) for record in records]


def _record(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int:
    text = str(value)
    return int(text) if is_row_number(text) else 0


def _quoted(text: str) -> str:
    return quote(text, safe="")
