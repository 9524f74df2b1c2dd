"""Organisations over REST and as pages (API §9.8)."""

from dataclasses import asdict

from flask import Blueprint

from mispmini.domain.filters import IndexFilters, Order, Terms
from mispmini.domain.permissions import Permission
from mispmini.domain.records import OrganisationRecord
from mispmini.services import organisations, searching
from mispmini.services.organisations import Scope
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, saved
from mispmini.web.asking import asked, is_forced
from mispmini.web.building.badges import event_row
from mispmini.web.errors import ShowAgain, if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.paging import asked_slice, paging
from mispmini.web.who import current_viewer
from mispmini.wire import account_replies, people_in, replies

bp = Blueprint("organisations", __name__)

_NEWEST = 10
_OPTIONAL = (
    "uuid", "local", "description", "type", "nationality", "sector", "contacts", "restricted_to_domain", "landingpage",
)  # fmt: skip


@bp.route("/organisations/index", methods=["GET", "POST"])
@needs_login
def index() -> Answer:
    """Organisations of a scope; the JSON is the whole list."""
    organisations.refuse_index(current_viewer())
    parameters, scope = asked().parameters(), asked_scope()
    search = people_in.read_text(parameters, "searchall") or people_in.read_text(parameters, "q")
    found = organisations.list_organisations(current_viewer(), scope, search=search)
    return answer(
        lambda: [{"Organisation": account_replies.organisation_columns(record)} for record in found],
        page=lambda: _index_page(found, scope, search),
        template="organisations/index.html",
    )


def asked_scope() -> Scope:
    """Whether those from here are asked for, which is the default, those from elsewhere or all."""
    wish = people_in.read_text(asked().parameters(), "scope").lower()
    return Scope(wish) if wish in list(Scope) else Scope.LOCAL


@bp.get("/organisations/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """One organisation, by id or uuid."""
    record = organisations.view_organisation(current_viewer(), ref)
    organisations.refuse_unmet(current_viewer(), record)
    return answer(
        lambda: account_replies.organisation_view_reply(record),
        page=lambda: _view_page(record),
        template="organisations/view.html",
    )


@bp.route("/organisations/getUUIDs", methods=["GET", "POST"])
@needs(Permission.SYNC)
def get_uuids() -> Answer:
    """The uuids of the organisations of here, for a partner's filters."""
    found = organisations.list_organisations(current_viewer(), Scope.LOCAL)
    return reply([record.uuid for record in organisations.those_met(current_viewer(), found)])


@bp.get("/admin/organisations/add")
@needs(Permission.SITE_ADMIN)
def show_add() -> Answer:
    """The form of a new organisation, or what a POST takes."""
    return answer(
        lambda: replies.api_description(
            action_url(), "POST an organisation to add it.", mandatory=("name",), optional=_OPTIONAL
        ),
        page=lambda: pages.OrganisationFormPage(None, pages.Form({"local": "1"})),
        template="organisations/edit.html",
    )


@bp.post("/admin/organisations/add")
@needs(Permission.SITE_ADMIN)
def add() -> Answer:
    """Add an organisation, local unless said otherwise."""
    if_refused(_again(None))
    record = organisations.add_organisation(current_viewer(), people_in.read_organisation(asked().parameters(), "add"))
    return _kept(record, _("The organisation was added."))


@bp.get("/admin/organisations/edit/<ref>")
@needs(Permission.SITE_ADMIN)
def show_edit(ref: str) -> Answer:
    """The form of an organisation, or what a POST takes."""
    record = organisations.view_organisation(current_viewer(), ref)
    return answer(
        lambda: replies.api_description(
            action_url(), "POST what changes of an organisation.", optional=("name", *_OPTIONAL)
        ),
        page=lambda: pages.OrganisationFormPage(record.id, _form_of(record)),
        template="organisations/edit.html",
    )


@bp.route("/admin/organisations/edit/<ref>", methods=["POST", "PUT"])
@needs(Permission.SITE_ADMIN)
def edit(ref: str) -> Answer:
    """Change what is given of an organisation."""
    if_refused(_again(organisations.view_organisation(current_viewer(), ref).id))
    record = organisations.edit_organisation(
        current_viewer(), ref, people_in.read_organisation(asked().parameters(), "edit"), forced=is_forced()
    )
    return _kept(record, _("The organisation was saved."))


@bp.route("/admin/organisations/delete/<ref>", methods=["POST", "DELETE"])
@needs(Permission.SITE_ADMIN)
def delete(ref: str) -> Answer:
    """Remove an organisation that nothing refers to."""
    record, stays_known = organisations.delete_organisation(current_viewer(), ref)
    notice = _("It is no longer a local organisation. It stays known, because a server is linked to it.")
    return done(
        saved("Organisation deleted", subject_id=record.id),
        go_to="/organisations/index",
        notice=notice if stays_known else _("The organisation was deleted."),
    )


def _kept(record: OrganisationRecord, notice: str) -> Answer:
    told = {"Organisation": account_replies.organisation_columns(record)}
    return done(told, go_to=f"/organisations/view/{record.id}", notice=notice)


def _again(org_id: int | None) -> ShowAgain:
    def show(form: pages.Form, status: int) -> Answer:
        return page_answer("organisations/edit.html", pages.OrganisationFormPage(org_id, form), status=status)

    return show


def _form_of(record: OrganisationRecord) -> pages.Form:
    names = ("name", "uuid", "description", "type", "nationality", "sector", "contacts")
    columns = asdict(record)
    rest = {"local": "1" if record.local else "0", "restricted_to_domain": "\n".join(record.restricted_to_domain)}
    return pages.Form({name: columns[name] or "" for name in names} | rest)


def _index_page(found: list[OrganisationRecord], scope: Scope, search: str) -> pages.OrganisationsPage:
    viewer, part = current_viewer(), asked_slice()
    shown = found[part.offset : part.offset + part.limit]
    events = organisations.count_created_events(viewer, shown)
    rows = tuple(
        pages.OrganisationRow(r.id, r.name, r.uuid, r.local, r.user_count or 0, events.get(r.id, 0)) for r in shown
    )
    return pages.OrganisationsPage(
        scope=scope.value,
        form=pages.Form({"q": search}),
        rows=rows,
        paging=paging(part, len(found)),
        may_add=viewer.is_site_admin,
    )


def _view_page(record: OrganisationRecord) -> pages.OrganisationPage:
    return pages.OrganisationPage(
        id=record.id,
        name=record.name,
        uuid=record.uuid,
        local=record.local,
        host=record.id == organisations.host_organisation_id(),
        description=record.description or "",
        nationality=record.nationality,
        sector=record.sector,
        type=record.type,
        contacts=record.contacts or "",
        users=record.user_count or 0,
        events=_newest_events(record),
        may_edit=current_viewer().is_site_admin,
    )


def _newest_events(record: OrganisationRecord) -> tuple[pages.EventRow, ...]:
    filters = IndexFilters(
        org=Terms(any=(str(record.id),)), limit=_NEWEST, page=1, order=Order("timestamp", descending=True)
    )
    return tuple(event_row(item) for item in searching.index(current_viewer(), filters))
