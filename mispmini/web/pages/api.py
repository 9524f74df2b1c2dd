"""What the page of the REST interface is given."""

from dataclasses import dataclass

from mispmini.web.pages.shared import Form


@dataclass(frozen=True)
class ApiRow:
    """One operation; the summary is English, as the document's."""

    methods: tuple[str, ...]
    path: str
    summary: str
    who: str  # who may, translated, or names of permissions
    parameters: tuple[str, ...]
    fields: tuple[str, ...]  # of the body; those that must be there end with an asterisk


@dataclass(frozen=True)
class ApiGroup:
    """The operations of one noun."""

    noun: str
    rows: tuple[ApiRow, ...]


@dataclass(frozen=True)
class ApiPage:
    """api/index.html"""

    form: Form  # q
    searched: bool
    found: int
    groups: tuple[ApiGroup, ...]
    command: str  # fetches the document once the variable AUTHKEY is set
