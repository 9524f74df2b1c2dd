"""Sharing groups over REST and as pages (API §9.7)."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from flask import Blueprint, request

from mispmini.domain.errors import NotFound, Refused
from mispmini.domain.graphs import SharingGroup
from mispmini.domain.group_forms import GroupForm, GroupServerForm, MemberForm
from mispmini.domain.permissions import Permission
from mispmini.services import groups_admin
from mispmini.services.group_outlook import outlook_of
from mispmini.services.groups_admin import ListedGroup, ViewedGroup
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, saved, wants_json
from mispmini.web.asking import asked, parameter
from mispmini.web.bodies_in import is_form
from mispmini.web.building import group_pages
from mispmini.web.errors import ShowAgain, if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.paging import asked_slice
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire import group_form_in
from mispmini.wire.group_form_in import read_group_server, read_member
from mispmini.wire.replies import Reply, api_description
from mispmini.wire.scalars import flag, whole_number
from mispmini.wire.sharing_group_out import sharing_group_index_item, sharing_group_view

bp = Blueprint("sharing_groups", __name__, url_prefix="/sharing_groups")

_A_PAGE = 60
Member = TypeVar("Member", MemberForm, GroupServerForm)
_OPTIONAL = ("releasability", "description", "uuid", "active", "local", "roaming", "Organisation", "SharingGroupOrg",
             "SharingGroupServer")  # fmt: skip


@bp.route("/index", methods=["GET", "POST"])
@bp.route("/index/<passive>", methods=["GET", "POST"])
@needs_login
def index(passive: str = "") -> Answer:
    """The groups that the viewer sees, those in use unless the path says `true`."""
    viewer, active = current_viewer(), flag(passive or parameter("passive")) is not True
    search = str(parameter("value", ""))
    orgs = [name for name in str(parameter("searchorg", "")).split("|") if name]
    found = groups_admin.list_groups(viewer, active=active, search=search, orgs=orgs)
    may_add = viewer.is_site_admin or viewer.can(Permission.SHARING_GROUP)
    return answer(
        lambda: {"response": [_item(one) for one in _asked_part(found)]},
        page=lambda: group_pages.groups_page(found, active=active, search=search, may_add=may_add),
        template="sharing_groups/index.html",
    )


def _asked_part(found: list[ListedGroup]) -> list[ListedGroup]:
    """MISP: 60 a page unless `limit` and `page` say otherwise (PROTOCOL §1.7)."""
    limit = whole_number(parameter("limit"))
    part = asked_slice(limit if limit is not None and limit > 0 else _A_PAGE)
    return found[part.offset : part.offset + part.limit]


def _item(one: ListedGroup) -> Reply:
    return sharing_group_index_item(one.group, editable=one.editable, deletable=one.deletable)


@bp.route("/view/<ref>", methods=["GET", "HEAD"])
@needs_login
def view(ref: str) -> Answer:
    """One group; absent or invisible is MISP's 405, for HEAD 404."""
    try:
        found = groups_admin.view_group(current_viewer(), ref)
    except Refused as refusal:
        if request.method == "HEAD":
            raise NotFound(refusal.sentence) from None
        raise
    return answer(
        lambda: _reply(found),
        page=lambda: group_pages.group_page(found, outlook_of(current_viewer(), found.group)),
        template="sharing_groups/view.html",
    )


def _reply(found: ViewedGroup) -> Reply:
    return sharing_group_view(found.group, found.owner, found.sync_org)


@bp.get("/add")
@needs(Permission.SHARING_GROUP)
def show_add() -> Answer:
    """The form of a new group, or what a POST takes."""
    return answer(
        lambda: api_description(
            action_url(), "POST a Sharing Group to add it.", mandatory=("name",), optional=_OPTIONAL
        ),
        page=lambda: group_pages.new_group_page(current_viewer()),
        template="sharing_groups/edit.html",
    )


@bp.post("/add")
@needs(Permission.SHARING_GROUP)
def add() -> Answer:
    """Make a group."""
    if_refused(_again(None))
    group = groups_admin.add_group(current_viewer(), _asked_form("add"))
    return _kept(group, _("The sharing group was added."))


@bp.get("/edit/<ref>")
@needs(Permission.SHARING_GROUP)
def show_edit(ref: str) -> Answer:
    """The form of a group, or what a POST takes."""
    viewer = current_viewer()
    return answer(
        lambda: api_description(action_url(), "POST what changes of a Sharing Group.", optional=("name", *_OPTIONAL)),
        page=lambda: group_pages.edited_group_page(viewer, _editable(ref).group),
        template="sharing_groups/edit.html",
    )


def _editable(ref: str) -> ViewedGroup:
    found = groups_admin.view_group(current_viewer(), ref)
    if not found.editable:
        raise Refused(groups_admin.NO_RIGHTS)
    return found


@bp.route("/edit/<ref>", methods=["POST", "PUT"])
@needs(Permission.SHARING_GROUP)
def edit(ref: str) -> Answer:
    """Change what is given of a group."""
    if not wants_json():
        if_refused(_again(_editable(ref).group.id))
    group = groups_admin.edit_group(current_viewer(), ref, _asked_form("edit"))
    return _kept(group, _("The sharing group was saved."))


def _asked_form(action: str) -> GroupForm:
    with saving(action, "SharingGroup"):
        if is_form() and not wants_json():
            return group_form_in.read_page_form(_typed())
        return group_form_in.read_group_form(asked().body)


def _typed() -> Mapping[str, object]:
    body = asked().body
    return body if isinstance(body, dict) else {}


def _again(group_id: int | None) -> ShowAgain:
    def show(form: pages.Form, status: int) -> Answer:
        page = group_pages.typed_group_page(current_viewer(), group_id, form, _typed())
        return page_answer("sharing_groups/edit.html", page, status=status)

    return show


def _kept(group: SharingGroup, notice: str) -> Answer:
    if wants_json():
        return reply(_reply(groups_admin.view_group(current_viewer(), str(group.id))))
    return done(None, go_to=_page_of(group), notice=notice)


@bp.route("/delete/<ref>", methods=["POST", "DELETE"])
@needs(Permission.SHARING_GROUP)
def delete(ref: str) -> Answer:
    """Remove a group that nothing is shared with."""
    gone = groups_admin.delete_group(current_viewer(), ref)
    message = saved("SharingGroup deleted", subject_id=gone.id)
    return done(message, go_to="/sharing_groups/index", notice=_("The sharing group was deleted."))


@bp.post("/addOrg")
@bp.post("/addOrg/<ref>/<org>")
@bp.post("/addOrg/<ref>/<org>/<extend>")
@needs(Permission.SHARING_GROUP)
def add_org(ref: str = "", **named: str) -> Answer:
    """Let an organisation in."""
    given = {"org_id": named.get("org", ""), "extend": named.get("extend", "")}
    group = groups_admin.add_org(current_viewer(), *_named(read_member, ref, **given))
    return _changed(group, "Organisation added to the sharing group.")


@bp.post("/removeOrg")
@bp.post("/removeOrg/<ref>/<org>")
@needs(Permission.SHARING_GROUP)
def remove_org(ref: str = "", org: str = "") -> Answer:
    """Take an organisation out."""
    group = groups_admin.remove_org(current_viewer(), *_named(read_member, ref, org_id=org))
    return _changed(group, "Organisation removed from the sharing group.")


@bp.post("/addServer")
@bp.post("/addServer/<ref>/<server>")
@bp.post("/addServer/<ref>/<server>/<all_orgs>")
@needs(Permission.SHARING_GROUP)
def add_server(ref: str = "", **named: str) -> Answer:
    """List a server."""
    given = {"server_id": named.get("server", ""), "all_orgs": named.get("all_orgs", "")}
    group = groups_admin.add_server(current_viewer(), *_named(read_group_server, ref, **given))
    return _changed(group, "Server added to the sharing group.")


@bp.post("/removeServer")
@bp.post("/removeServer/<ref>/<server>")
@needs(Permission.SHARING_GROUP)
def remove_server(ref: str = "", server: str = "") -> Answer:
    """Take a server off the list."""
    group = groups_admin.remove_server(current_viewer(), *_named(read_group_server, ref, server_id=server))
    return _changed(group, "Server removed from the sharing group.")


def _named(read: Callable[[Mapping[str, object]], Member], ref: str, **named: str) -> tuple[str, Member]:
    """The group and what goes in or out of it: what the path names, over what the body gives."""
    given = {name: value for name, value in {"sg_id": ref, **named}.items() if value}
    fields = {**asked().parameters(), **given}
    return group_form_in.read_group_ref(fields), read(fields)


def _changed(group: SharingGroup, message: str) -> Answer:
    return done(saved(message), go_to=_page_of(group), notice=_("The sharing group was saved."))


def _page_of(group: SharingGroup) -> str:
    return f"/sharing_groups/view/{group.id}"
