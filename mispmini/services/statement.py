"""What partners are told of this server, from its live configuration (RULES §10.11)."""

from dataclasses import dataclass

from mispmini.domain.viewer import Viewer
from mispmini.services import addresses, trash
from mispmini.services.servers import require_site_admin
from mispmini.store.audience import organisations_here
from mispmini.store.database import reading
from mispmini.store.organisations import find_any_organisation
from mispmini.store.served import KEEP_SECONDS
from mispmini.store.settings import load_settings

_DAY = 86400


@dataclass(frozen=True, slots=True)
class Statement:
    """One server's answers to what partners ask. Days; `audit_days` 0 is for ever. `guarded` is the strictest-named
    level of TLP that is kept from leaving, "" for none; `readers` read what has distribution 1."""

    organisation: str
    organisation_uuid: str
    url: str
    contact: str
    misp_version: str
    trash_days: int
    audit_days: int
    receipt_days: int
    backups_kept: int
    guarded: str
    guards_pull: bool
    relays_amber: bool
    needs_tlp: bool
    readers: tuple[str, ...]


def statement_of(viewer: Viewer) -> Statement:
    """The statement as things stand. Raises Forbidden: it names every organisation that has an account here."""
    require_site_admin(viewer)
    with reading():
        settings = load_settings()
        host = find_any_organisation(settings.host_org_id) if settings.host_org_id else None
        readers = tuple(name for _, name in organisations_here())
    return Statement(
        organisation=host.name if host else "",
        organisation_uuid=host.uuid if host else "",
        url=addresses.announced_url(),
        contact=settings.contact,
        misp_version=settings.announced_version,
        trash_days=trash.days_kept(),
        audit_days=settings.audit_days,
        receipt_days=KEEP_SECONDS // _DAY,
        backups_kept=settings.backups_kept if settings.backup_hours else 0,
        guarded=settings.tlp_guard,
        guards_pull=settings.tlp_guard_on_pull,
        relays_amber=settings.relay_amber,
        needs_tlp=settings.tlp_required,
        readers=readers,
    )
