"""Settings over REST and as pages (CLIENTS.md; API §9.1)."""

from flask import Blueprint

from mispmini.domain.errors import NotFound
from mispmini.domain.instance_settings import FACTS, Fact
from mispmini.domain.permissions import Permission
from mispmini.services import instance_settings, organisations, servers
from mispmini.services.instance_settings import Standing
from mispmini.services.organisations import Scope
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, saved
from mispmini.web.asking import asked, is_forced, parameter
from mispmini.web.building import setting_pages
from mispmini.web.errors import ShowAgain, if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.who import current_viewer
from mispmini.wire import replies, setting_out

bp = Blueprint("settings", __name__, url_prefix="/servers")

_DESCRIPTION = "POST a setting's new value to change it."


@bp.get("/serverSettings")
@bp.get("/serverSettings/<group>")
@needs(Permission.SITE_ADMIN)
def index(group: str = "") -> Answer:
    """Every setting; the page has them by group, with a search."""
    found = instance_settings.list_settings(current_viewer())
    return answer(
        lambda: _document(found),
        page=lambda: setting_pages.index_page(found, group=group, search=str(parameter("q", ""))),
        template="settings/index.html",
    )


@bp.get("/getSetting/<name>")
@needs(Permission.SITE_ADMIN)
def get_setting(name: str) -> Answer:
    """One setting."""
    return reply(_object(instance_settings.find_setting(current_viewer(), name)))


@bp.get("/serverSettingsEdit/<name>")
@needs(Permission.SITE_ADMIN)
def show_edit(name: str) -> Answer:
    """The form of one setting, or what a POST takes."""
    found = instance_settings.find_setting(current_viewer(), name)
    return answer(
        lambda: replies.api_description(action_url(), _DESCRIPTION, mandatory=("value",)),
        page=lambda: setting_pages.edit_page(_changeable(found), _organisations()),
        template="settings/edit.html",
    )


@bp.route("/serverSettingsEdit/<name>", methods=["POST", "PUT"])
@needs(Permission.SITE_ADMIN)
def edit(name: str) -> Answer:
    """Change one setting at once."""
    if_refused(_again(name))
    instance_settings.change_setting(current_viewer(), name, asked().parameter("value"), forced=is_forced())
    return done(saved("Field updated"), go_to=_page_of(name), notice=_("The setting was saved."))


@bp.post("/serverSettingsReset/<name>")
@needs(Permission.SITE_ADMIN)
def reset(name: str) -> Answer:
    """Take one setting back to its default."""
    if_refused(_again(name))
    instance_settings.reset_setting(current_viewer(), name, forced=is_forced())
    return done(saved("Field updated"), go_to=_page_of(name), notice=_("The setting has its default again."))


def _page_of(name: str) -> str:
    found = instance_settings.find_setting(current_viewer(), name)
    return "/servers/serverSettings" if isinstance(found, Fact) else f"/servers/serverSettings/{found.spec.group}"


def _document(found: list[Standing]) -> replies.Reply:
    told = [*(_object(standing) for standing in found), *(setting_out.fact_object(fact) for fact in FACTS.values())]
    return setting_out.settings_document(told, version=servers.identity().version)


def _object(found: Standing | Fact) -> replies.Reply:
    if isinstance(found, Fact):
        return setting_out.fact_object(found)
    return setting_out.setting_object(found.spec, found.value, locked=found.locked)


def _changeable(found: Standing | Fact) -> Standing:
    if isinstance(found, Fact):
        raise NotFound(f"Setting {found.name} is invalid.")
    return found


def _organisations() -> list[tuple[int, str]]:
    found = organisations.list_organisations(current_viewer(), Scope.LOCAL)
    return [(record.id, record.name) for record in found]


def _again(name: str) -> ShowAgain:
    def show(form: pages.Form, status: int) -> Answer:
        found = _changeable(instance_settings.find_setting(current_viewer(), name))
        return page_answer("settings/edit.html", setting_pages.edit_page(found, _organisations(), form), status=status)

    return show
