"""The instance's allow-list over REST and as a page (API §8.5): whoever may edit import rules keeps it."""

from collections.abc import Callable

from flask import Blueprint, request

from mispmini.domain.permissions import Permission
from mispmini.services import allowedlists
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, saved
from mispmini.web.asking import asked
from mispmini.web.building import allowedlist_pages
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.pages import Form
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire.allowedlists import allowedlist_reply, read_expression
from mispmini.wire.replies import api_description

bp = Blueprint("allowedlists", __name__)

_PAGE = "/allowedlists/index"
_TEMPLATE = "warninglists/allowed.html"


@bp.route("/allowedlists/index", methods=["GET", "POST"])
@bp.route("/admin/allowedlists/index", methods=["GET", "POST"])
@needs_login
def index() -> Answer:
    """Every expression of the allow-list: values that it finds are left out of searches and exports."""
    return answer(
        lambda: [allowedlist_reply(one) for one in allowedlists.list_entries()],
        page=lambda: allowedlist_pages.list_page(current_viewer()),
        template=_TEMPLATE,
    )


@bp.get("/allowedlists/view/<int:number>")
@bp.get("/admin/allowedlists/view/<int:number>")
@needs_login
def view(number: int) -> Answer:
    """One expression of the allow-list."""
    return reply(allowedlist_reply(allowedlists.find_entry(number)))


@bp.route("/admin/allowedlists/add", methods=["GET", "POST"])
@needs(Permission.REGEXP_ACCESS)
def add() -> Answer:
    """Leave values that an expression finds out of searches and exports."""
    if request.method == "GET":
        return _described()
    if_refused(_again)
    made = allowedlists.add_entry(current_viewer(), _expression("add"))
    return done(allowedlist_reply(made), go_to=_PAGE, notice=_("Such values are left out from now on."))


@bp.route("/admin/allowedlists/edit/<int:number>", methods=["GET", "POST", "PUT"])
@needs(Permission.REGEXP_ACCESS)
def edit(number: int) -> Answer:
    """Write an expression of the allow-list anew."""
    if request.method == "GET":
        allowedlists.find_entry(number)
        return _described()
    changed = allowedlists.edit_entry(
        current_viewer(), number, _expression("edit", lambda: allowedlists.find_entry(number).id)
    )
    return done(allowedlist_reply(changed), go_to=_PAGE)


@bp.route("/admin/allowedlists/delete/<int:number>", methods=["POST", "DELETE"])
@needs(Permission.REGEXP_ACCESS)
def delete(number: int) -> Answer:
    """Take an expression off the allow-list."""
    allowedlists.delete_entry(current_viewer(), number)
    message = saved("Allowedlist deleted.", subject_id=number)
    return done(message, go_to=_PAGE, notice=_("Such values are answered again."))


def _described() -> Answer:
    sentence = r"POST a regular expression like /\.example\.org$/i."
    return reply(api_description(action_url(), sentence, mandatory=("name",)))


def _expression(action: str, about: Callable[[], int] | None = None) -> str:
    with saving(action, "Allowedlist", about=about):
        return read_expression(asked().parameters())


def _again(form: Form, status: int) -> Answer:
    return page_answer(_TEMPLATE, allowedlist_pages.list_page(current_viewer(), form), status=status)
