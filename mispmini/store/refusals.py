"""What partners were not allowed to do, kept for people to see: updates of events, changes of groups (RULES §1, §4)."""

import json
from collections.abc import Mapping, Sequence

from mispmini.domain import clock
from mispmini.domain.notices import RefusedChange, RefusedUpdate
from mispmini.domain.origin import Origin
from mispmini.domain.viewer import Viewer
from mispmini.store.damage import readable
from mispmini.store.sql import execute, marks, row, rows


def refuse_update(event_uuid: str, viewer: Viewer, origin: Origin, timestamp: int | None, reason: str) -> None:
    """Note a refused update; the caller commits it although it refuses. A repeated one is noted once, with its time."""
    org_id = origin.link_org_id or viewer.org_id
    execute(
        "DELETE FROM refused_update WHERE event_uuid = ? AND org_id = ? AND reason = ? AND coalesce(timestamp, 0) = ?",
        (event_uuid, org_id, reason, timestamp or 0),
    )
    execute(
        "INSERT INTO refused_update (event_uuid, org_id, user_id, server_id, timestamp, reason, time)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (event_uuid, org_id, viewer.user_id, origin.server_id, timestamp, reason, clock.now()),
    )


def list_refused_updates(
    link_reasons: Sequence[str], *, limit: int, offset: int = 0
) -> tuple[list[RefusedUpdate], int]:
    """Refused updates, newest first, and how many there are; for site admins, so that no viewer is asked.

    `link_reasons` are those for which it was refused over this link alone.
    """
    found = rows(
        "SELECT refused.id, refused.event_uuid, event.id, coalesce(event.info, ''), coalesce(organisation.name, ''),"
        " refused.timestamp, refused.reason, refused.time,"
        f" coalesce(event.locked, 0) AND refused.reason IN ({marks(link_reasons)}) FROM refused_update AS refused"
        " LEFT JOIN event ON event.uuid = refused.event_uuid AND event.trashed IS NULL"
        " LEFT JOIN organisation ON organisation.id = refused.org_id"
        " ORDER BY refused.time DESC, refused.id DESC LIMIT ? OFFSET ?",
        (*link_reasons, limit, offset),
    )
    return [RefusedUpdate._make((*r[:-1], bool(r[-1]))) for r in found], int(
        rows("SELECT count(*) FROM refused_update")[0][0]
    )


def refused_link(refusal_id: int) -> tuple[str, int, int | None] | None:
    """Of a refused update the event's uuid, the organisation that sent it, and the server it was pulled from."""
    found = row("SELECT event_uuid, org_id, server_id FROM refused_update WHERE id = ?", (refusal_id,))
    return None if found is None else (found[0], found[1], found[2])


def forget_refusals(event_uuid: str, org_id: int) -> None:
    """What an organisation was refused of an event is settled, inside a writing()."""
    execute("DELETE FROM refused_update WHERE event_uuid = ? AND org_id = ?", (event_uuid, org_id))


def refuse_group_change(group_id: int, viewer: Viewer, origin: Origin, change: Mapping[str, str]) -> bool:
    """Note what a partner wanted of a group in the place of what it wanted before; whether that is new."""
    org_id = origin.link_org_id or viewer.org_id
    text = json.dumps(dict(change), ensure_ascii=False)
    known = row("SELECT change FROM refused_group_change WHERE sharing_group_id = ? AND org_id = ?", (group_id, org_id))
    execute("DELETE FROM refused_group_change WHERE sharing_group_id = ? AND org_id = ?", (group_id, org_id))
    execute(
        "INSERT INTO refused_group_change (sharing_group_id, org_id, user_id, server_id, change, time)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (group_id, org_id, viewer.user_id, origin.server_id, text, clock.now()),
    )
    return known is None or known[0] != text


def list_refused_changes(group_id: int) -> list[RefusedChange]:
    """What partners wanted of a group and did not get, newest first."""
    found = rows(
        "SELECT refused.id, coalesce(organisation.name, ''), change, time FROM refused_group_change AS refused"
        " LEFT JOIN organisation ON organisation.id = refused.org_id WHERE sharing_group_id = ?"
        " ORDER BY time DESC, refused.id DESC",
        (group_id,),
    )
    return list(readable("refused_group_change", found, lambda r: RefusedChange(r[1], json.loads(r[2]), r[3])))
