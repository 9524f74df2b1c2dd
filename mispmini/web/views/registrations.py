"""Visitors ask for an account, site admins decide, over REST and as pages (API §9.8)."""

from flask import Blueprint, request

from mispmini.domain.permissions import Permission
from mispmini.services import organisations, registrations, roles
from mispmini.services.organisations import Scope
from mispmini.services.registrations import Registration
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, saved, wants_json
from mispmini.web.asking import asked
from mispmini.web.csrf import check_form, checks_form_itself
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.limits import limited
from mispmini.web.needs import needs, public
from mispmini.web.who import address, current_viewer
from mispmini.wire import account_replies, people_in, replies

bp = Blueprint("registrations", __name__)

_FIELDS = ("org_name", "org_uuid", "message", "custom_perms", "perm_sync", "perm_publish", "perm_admin")


@bp.get("/users/register")
@public
def show_register() -> Answer:
    """The form of a request, or what a POST takes."""
    return answer(
        lambda: replies.api_description(action_url(), "POST a request.", mandatory=("email",), optional=_FIELDS),
        page=lambda: _register_page(pages.Form()),
        template="users/register.html",
    )


@bp.post("/users/register")
@limited
@public
@checks_form_itself
def register() -> Answer:
    """Keep a request. JSON needs no form's secret: nobody's authority stands behind it."""
    if_refused(lambda form, status: page_answer("users/register.html", _register_page(form), status=status))
    if request.mimetype != "application/json":
        check_form()
    draft = people_in.read_registration(asked().parameters())
    registrations.register(draft, address=address(), user_agent=request.headers.get("User-Agent", ""))
    if wants_json():
        return reply(saved("Request sent. The administrators of this instance have been notified."))
    return page_answer("users/register.html", pages.RegisterPage(form=pages.Form(), is_open=True, is_sent=True))


@bp.get("/users/registrations")
@bp.get("/users/registrations/<_view>")
@needs(Permission.SITE_ADMIN)
def index(_view: str = "index") -> Answer:
    """The requests that wait."""
    found = registrations.list_registrations(current_viewer())
    return answer(
        lambda: [account_replies.registration_reply(*item) for item in found],
        page=lambda: _index_page(found),
        template="users/registrations.html",
    )


@bp.post("/users/acceptRegistrations/<ref>")
@needs(Permission.SITE_ADMIN)
def accept(ref: str) -> Answer:
    """Make the account; people are shown its first password, once."""
    wish = people_in.read_user(asked().parameters(), "add")
    accepted = registrations.accept_registration(current_viewer(), ref, org=wish.org or "", role_id=wish.role_id)
    page = pages.AccountMadePage(accepted.account.user.id, accepted.account.user.email, accepted.password)
    return answer(
        lambda: saved("1 registration(s) accepted."), page=lambda: page, template="users/registration_accepted.html"
    )


@bp.post("/users/discardRegistrations/<ref>")
@needs(Permission.SITE_ADMIN)
def discard(ref: str) -> Answer:
    """Remove a request."""
    registrations.discard_registration(current_viewer(), ref)
    return done(
        saved("1 registration(s) discarded."),
        go_to="/users/registrations",
        notice=_("The request was discarded."),
    )


def _register_page(form: pages.Form) -> pages.RegisterPage:
    return pages.RegisterPage(form=form, is_open=registrations.is_open(), is_sent=False)


def _index_page(found: list[Registration]) -> pages.RegistrationsPage:
    viewer = current_viewer()
    known = organisations.list_organisations(viewer, Scope.LOCAL)
    default = next((str(role.id) for role in roles.list_roles(viewer) if role.default_role), "")
    return pages.RegistrationsPage(
        rows=tuple(_row(item, {org.uuid: str(org.id) for org in known}, default) for item in found),
        organisations=(pages.Choice("", _("none")), *(pages.Choice(str(org.id), org.name) for org in known)),
        roles=tuple(pages.Choice(str(role.id), role.name) for role in roles.list_assignable(viewer)),
        is_open=registrations.is_open(),
    )


def _row(item: Registration, orgs: dict[str, str], role_id: str) -> pages.RegistrationRow:
    told = {name: str(item.wishes.get(name, "")) for name in ("email", "org_name", "org_uuid", "message")}
    return pages.RegistrationRow(
        id=item.id,
        email=told["email"],
        organisation=told["org_name"],
        organisation_uuid=told["org_uuid"],
        message=told["message"],
        address=item.address,
        at=item.created,
        form=pages.Form({"org_id": orgs.get(told["org_uuid"], ""), "role_id": role_id}),
    )
