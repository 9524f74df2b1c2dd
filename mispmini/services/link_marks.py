"""What a link makes of events it delivers: its local tag, no to_ids from creators it does not trust (RULES §10.6)."""

from collections.abc import Iterable
from dataclasses import replace

from mispmini.domain.drafts import AttributeDraft, EventDraft, TagDraft
from mispmini.domain.origin import Origin
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.store.servers import find_any_server, servers_of_organisation


def marked(viewer: Viewer, draft: EventDraft, origin: Origin, *, fresh: bool) -> EventDraft:
    """The draft as the links behind its origin want it here; an author's stays as it is.

    The tag comes with the first delivery alone, so that one that people here took off stays off.
    """
    links = _links_behind(origin)
    if fresh:
        names = dict.fromkeys(link.default_local_tag for link in links if link.default_local_tag)
        draft = replace(draft, tags=(*(TagDraft(name, local=True) for name in names), *draft.tags))
    creator = draft.orgc.uuid if draft.orgc is not None else viewer.org_uuid
    return draft if all(_trusts(link, creator) for link in links) else _without_to_ids(draft)


def _links_behind(origin: Origin) -> list[LinkedServer]:
    """The server that was pulled, or those of the organisation that pushed."""
    if origin.server_id is not None:
        server = find_any_server(origin.server_id)
        return [server] if server is not None else []
    return servers_of_organisation(origin.link_org_id) if origin.link_org_id is not None else []


def _trusts(link: LinkedServer, creator_uuid: str | None) -> bool:
    return not link.trusted_orgs or (creator_uuid or "").lower() in link.trusted_orgs


def _without_to_ids(draft: EventDraft) -> EventDraft:
    objects = tuple(replace(item, attributes=_off(item.attributes)) for item in draft.objects)
    return replace(draft, attributes=_off(draft.attributes), objects=objects)


def _off(attributes: Iterable[AttributeDraft]) -> tuple[AttributeDraft, ...]:
    return tuple(replace(attribute, to_ids=False) for attribute in attributes)
