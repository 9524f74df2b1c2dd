"""The one page that partners are given: contact, retention, TLP, version, who reads distribution 1 (RULES §10.11)."""

from collections.abc import Iterator
from dataclasses import asdict

from flask import Blueprint

from mispmini import __version__
from mispmini.domain import clock
from mispmini.domain.permissions import Permission
from mispmini.services import statement
from mispmini.services.statement import Statement
from mispmini.web import pages
from mispmini.web.answer import Answer, answer
from mispmini.web.i18n import _, ngettext
from mispmini.web.needs import needs
from mispmini.web.who import current_viewer

bp = Blueprint("statement", __name__, url_prefix="/servers")


@bp.get("/statement")
@needs(Permission.SITE_ADMIN)
def show() -> Answer:
    """The statement, to be printed; for programs its facts."""
    found = statement.statement_of(current_viewer())
    facts = {**asdict(found), "server_version": __version__}
    return answer(lambda: facts, page=lambda: statement_page(found), template="servers/statement.html")


def statement_page(found: Statement) -> pages.StatementPage:
    """The same in sentences."""
    return pages.StatementPage(
        organisation=found.organisation,
        organisation_uuid=found.organisation_uuid,
        url=found.url,
        contact=found.contact,
        version=_(
            "mispmini %(version)s; it speaks to partners as MISP %(misp)s.",
            version=__version__,
            misp=found.misp_version,
        ),
        sheets=tuple(_sheets(found)),
        retention=_retention(found),
        tlp=_tlp(found),
        readers=found.readers,
        printed=clock.now(),
    )


def _sheets(found: Statement) -> Iterator[pages.PartnerSheet]:
    """What the other side types in, by who opens the connection: the push-and-pull table of the guide."""
    who = [f"ORGNAME: {found.organisation}", f"UUID: {found.organisation_uuid}"]
    if found.contact:
        who.append(_("Contact: %(contact)s", contact=found.contact))
    key = _("Authkey: of the Sync user in your organisation here; handed over separately")
    yield pages.PartnerSheet(_("We send to you or fetch from you"), "\n".join(who))
    yield pages.PartnerSheet(_("You send to us or fetch from us"), "\n".join([f"URL: {found.url}", *who, key]))


def _retention(found: Statement) -> tuple[str, ...]:
    trash = _(
        "Events stay until they are deleted. A deleted one can be restored for %(num)d days.", num=found.trash_days
    )
    audit = (
        ngettext("The audit log is kept for %(num)d day.", "The audit log is kept for %(num)d days.", found.audit_days)
        if found.audit_days
        else _("The audit log is kept for ever.")
    )
    read = _("Which version of an event a partner read is kept for %(num)d days.", num=found.receipt_days)
    if not found.backups_kept:
        return (trash, audit, read)
    kept = _("The newest %(num)d backups are kept, with what was deleted since.", num=found.backups_kept)
    return (trash, audit, read, kept)


def _tlp(found: Statement) -> tuple[str, ...]:
    guarded = {
        "": _("No TLP level is kept from leaving by the server itself; its users are warned."),
        "red": _("TLP:RED does not leave its organisation or sharing group."),
        "amber+strict": _("TLP:RED and TLP:AMBER+STRICT do not leave their organisation or sharing group."),
    }[found.guarded]
    pulled = (
        _("That counts also for what partners fetch from here.")
        if found.guards_pull
        else _("Partners fetch from here what its distribution lets them see.")
    )
    amber = (
        _("Others' events with TLP:AMBER are passed on as their distribution allows.")
        if found.relays_amber
        else _("Others' events with TLP:AMBER are not passed on.")
    )
    needed = (_("An event of this server's organisations needs a TLP tag before it is published."),)
    return (guarded, pulled, amber, *(needed if found.needs_tlp else ()))
