"""Users' own settings over REST (API §9.8)."""

from flask import Blueprint

from mispmini.domain.errors import Refused
from mispmini.services import user_settings
from mispmini.web.answer import Answer, reply, saved
from mispmini.web.asking import asked
from mispmini.web.needs import needs_login
from mispmini.web.who import current_viewer
from mispmini.wire import account_replies, people_in

bp = Blueprint("user_settings", __name__)


@bp.route("/user_settings/index", methods=["GET", "POST"])
@needs_login
def index() -> Answer:
    """The settings that the viewer may see."""
    user_ref, name = (people_in.read_text(asked().parameters(), key) or None for key in ("user_id", "setting"))
    found = user_settings.list_user_settings(current_viewer(), user_ref, name)
    number = people_in.read_text(asked().parameters(), "id")
    return reply([account_replies.user_setting_reply(*own) for own in found if number in ("", str(own.id))])


@bp.get("/user_settings/view/<int:number>")
@needs_login
def view(number: int) -> Answer:
    """One of them, by its id."""
    return reply(account_replies.user_setting_reply(*user_settings.view_user_setting(current_viewer(), number)[:5]))


@bp.route("/user_settings/getSetting", methods=["GET", "POST"])
@bp.route("/user_settings/getSetting/<user_ref>/<name>", methods=["GET", "POST"])
@bp.route("/user_settings/view/<user_ref>/<name>", methods=["GET"])
@needs_login
def get_setting(user_ref: str = "", name: str = "") -> Answer:
    """One setting of one's own, or of an account that one may see."""
    owner, wanted = _asked(user_ref, name)
    return reply(
        account_replies.user_setting_reply(*user_settings.get_user_setting(current_viewer(), owner, wanted)[:5])
    )


@bp.route("/user_settings/setSetting", methods=["POST", "PUT"])
@bp.route("/user_settings/setSetting/<user_ref>/<name>", methods=["POST", "PUT"])
@needs_login
def set_setting(user_ref: str = "", name: str = "") -> Answer:
    """Keep a setting: any JSON value, or the text of one."""
    owner, wanted = _asked(user_ref, name)
    if "value" not in asked().parameters():
        raise Refused(user_settings.NO_VALUE)
    value = people_in.read_setting_value(asked().parameter("value"))
    kept = user_settings.set_user_setting(current_viewer(), owner, wanted, value)
    return reply(account_replies.user_setting_reply(*kept[:5]))


@bp.route("/user_settings/delete/<int:number>", methods=["POST", "DELETE"])
@needs_login
def delete_by_id(number: int) -> Answer:
    """Remove the setting of this id."""
    user_settings.delete_user_setting_by_id(current_viewer(), number)
    return reply(saved("Setting deleted."))


@bp.route("/user_settings/delete", methods=["POST", "DELETE"])
@bp.route("/user_settings/delete/<user_ref>/<name>", methods=["POST", "DELETE"])
@needs_login
def delete(user_ref: str = "", name: str = "") -> Answer:
    """Remove a setting."""
    owner, wanted = _asked(user_ref, name)
    user_settings.delete_user_setting(current_viewer(), owner, wanted)
    return reply(saved("Setting deleted."))


def _asked(user_ref: str, name: str) -> tuple[str, str]:
    parameters = asked().parameters()
    return (
        user_ref or people_in.read_text(parameters, "user_id") or "me",
        name or people_in.read_text(parameters, "setting"),
    )
