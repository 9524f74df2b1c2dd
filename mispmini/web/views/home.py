"""The first page, and where MISP's bookmarks lead."""

from flask import Blueprint

from mispmini.web.answer import Answer, page_answer, see_other
from mispmini.web.building.home_pages import home_page
from mispmini.web.needs import needs_login
from mispmini.web.who import current_viewer

bp = Blueprint("home", __name__)


@bp.get("/")
@needs_login
def home() -> Answer:
    """The home page."""
    return page_answer("home.html", home_page(current_viewer()))


@bp.get("/dashboards")
@needs_login
def dashboards() -> Answer:
    """Where MISP's bookmarks lead."""
    return see_other("/")
