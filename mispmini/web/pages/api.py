"""What the page of the REST interface is given."""

from mispmini.web.pages.shared import Form
from mispmini.web.pages.showing import shown


@shown
class ApiRow:
    """One operation; the summary is English, as the document's."""

    methods: tuple[str, ...]
    path: str
    summary: str
    who: str  # who may, translated, or names of permissions
    parameters: tuple[str, ...]
    fields: tuple[str, ...]  # of the body; those that must be there end with an asterisk


@shown
class ApiGroup:
    """The operations of one noun."""

    noun: str
    rows: tuple[ApiRow, ...]


@shown
class ApiPage:
    """api/index.html"""

    form: Form  # q
    searched: bool
    found: int
    groups: tuple[ApiGroup, ...]
    command: str  # fetches the document once the variable AUTHKEY is set
