"""What the page of the instance's allow-list is given."""

from mispmini.domain.allowedlists import AllowedlistRow
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import allowedlists
from mispmini.web.pages import Form
from mispmini.web.pages.showing import shown


@shown
class AllowedlistPage:
    """warninglists/allowed.html: name."""

    rows: tuple[AllowedlistRow, ...]
    form: Form
    may_edit: bool


def list_page(viewer: Viewer, form: Form | None = None) -> AllowedlistPage:
    """Every expression, and the form of a new one."""
    return AllowedlistPage(tuple(allowedlists.list_entries()), form or Form(), viewer.can(Permission.REGEXP_ACCESS))
