"""A link's configuration as one text, made for a partner and taken from one (PROTOCOL §2.4, GUIDE)."""

from dataclasses import dataclass

from mispmini.domain import clock
from mispmini.domain.errors import Forbidden, Refused
from mispmini.domain.graphs import OrganisationRow
from mispmini.domain.people import KeyDraft
from mispmini.domain.permissions import Permission
from mispmini.domain.servers import LinkedServer, ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services.addresses import announced_url
from mispmini.services.authkeys import create_authkey
from mispmini.services.organisations import NO_FUNCTION
from mispmini.services.servers import add_server, identity, require_site_admin
from mispmini.store.organisations import find_any_organisation
from mispmini.store.settings import load_settings

NOT_FOR_ADMINS = "A site admin's key is never given to a partner: use the account of a sync user."
NO_HOST = "This instance has no organisation of its own yet."
NO_ADDRESS = "This instance does not know its own address yet: set the base URL first."


@dataclass(frozen=True, slots=True)
class SyncConfig:
    """What a partner needs to know of us; `authkey` is the only time that the new key is known."""

    url: str
    instance_uuid: str
    authkey: str
    organisation: OrganisationRow


def may_make(viewer: Viewer) -> bool:
    """Whether this account is one whose key may be given to a partner."""
    return viewer.can(Permission.SYNC) and not viewer.is_site_admin


def create_config(viewer: Viewer) -> SyncConfig:
    """Make a key for the sync user who asks, and all that goes with it. Raises Forbidden, Refused.

    A read-only key may not: the new one would be able to do more than it can.
    """
    if viewer.is_site_admin:
        raise Refused(NOT_FOR_ADMINS)
    if not viewer.can(Permission.SYNC):
        raise Forbidden(NO_FUNCTION)
    host = load_settings().host_org_id
    organisation = find_any_organisation(host) if host else None
    if organisation is None:
        raise Refused(NO_HOST)
    if not announced_url():
        raise Refused(NO_ADDRESS)
    comment = f"Auto generated sync key - {clock.datetime_text(clock.now())[:10]}"
    made = create_authkey(viewer, "me", KeyDraft(comment=comment))
    return SyncConfig(announced_url(), identity().instance_uuid, made.raw, organisation)


def import_config(viewer: Viewer, draft: ServerDraft) -> LinkedServer:
    """Make the link that a partner's configuration describes, at rest until somebody switches it on.

    Raises Forbidden, Refused, SaveFailed.
    """
    require_site_admin(viewer)
    return add_server(viewer, draft)
