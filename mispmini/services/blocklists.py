"""The lists of what may not come in: site admins keep them (API §9.8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mispmini.domain.errors import Invalid
from mispmini.domain.ids import canonical_uuid
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record
from mispmini.store import blocklists, ledger
from mispmini.store.blocklists import Blocked as Blocked
from mispmini.store.blocklists import Blocklist as Blocklist
from mispmini.store.database import reading, writing
from mispmini.store.servers import forget_indexes
from mispmini.store.trash import trashed_among

MODELS = {
    Blocklist.EVENTS: "EventBlocklist",
    Blocklist.ORGANISATIONS: "OrgBlocklist",
    Blocklist.CLUSTERS: "GalaxyClusterBlocklist",
    Blocklist.ANALYST_DATA: "AnalystDataBlocklist",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Which uuids were put on a list, and which texts could not be: no uuids, or there already."""

    successes: tuple[str, ...]
    fails: tuple[str, ...]


def listed(blocklist: Blocklist, *, limit: int | None = None, offset: int = 0) -> tuple[list[Blocked], int]:
    """Entries, oldest first, and how many there are in all."""
    with reading():
        found = blocklists.list_blocked(blocklist, limit=limit, offset=offset)
        return found, blocklists.count_blocked(blocklist)


def restorable(entries: Sequence[Blocked]) -> frozenset[str]:
    """Uuids of those blocked events that were deleted here and can still be brought back."""
    return trashed_among([entry.uuid for entry in entries])


def find(blocklist: Blocklist, ref: str) -> Blocked:
    """An entry by id or uuid. Raises NotFound."""
    return blocklists.find_blocked(blocklist, ref)


def add(viewer: Viewer, blocklist: Blocklist, uuids: Sequence[str], texts: Mapping[str, str]) -> Outcome:
    """Block uuids, each with the same words about it. Raises Invalid without any."""
    if not uuids:
        raise Invalid({"uuids": ["valueNotEmpty"]})
    successes, fails = [], []
    with writing():
        for text in uuids:
            uuid = canonical_uuid(text.strip())
            if uuid is not None and blocklists.block(blocklist, uuid, texts):
                successes.append(uuid)
            else:
                fails.append(text)
        if successes:
            record(viewer, "add", MODELS[blocklist], None, ", ".join(successes)[:500])
    return Outcome(tuple(successes), tuple(fails))


def edit(viewer: Viewer, blocklist: Blocklist, ref: str, texts: Mapping[str, str]) -> Blocked:
    """Change what is said about an entry. Raises NotFound."""
    with writing():
        entry = blocklists.find_blocked(blocklist, ref)
        blocklists.change_blocked(blocklist, entry.id, texts)
        record(viewer, "edit", MODELS[blocklist], entry.id, entry.uuid)
        return blocklists.find_blocked(blocklist, ref)


def delete(viewer: Viewer, blocklist: Blocklist, ref: str) -> Blocked:
    """Let a uuid in again: the next pulls look at what was kept out, and an event of that uuid that is in the trash
    makes room when it comes. Raises NotFound."""
    with writing():
        entry = blocklists.find_blocked(blocklist, ref)
        blocklists.unblock(blocklist, entry.id)
        if blocklist is Blocklist.EVENTS:
            ledger.judge_again(entry.uuid)
        elif blocklist is Blocklist.ORGANISATIONS:
            ledger.judge_blocked_again()
        forget_indexes()
        record(viewer, "delete", MODELS[blocklist], entry.id, entry.uuid)
        return entry
