"""What the pages of organisations are given."""

from typing import Literal

from mispmini.web.pages.events import EventRow
from mispmini.web.pages.shared import Choice, Form, Paging
from mispmini.web.pages.showing import shown


@shown
class OrganisationRow:
    """One organisation in the list."""

    id: int
    name: str
    uuid: str
    local: bool
    users: int
    events: int  # visible ones that it created


@shown
class OrganisationsPage:
    """organisations/index.html, filtered by GET: q, scope."""

    scope: Literal["local", "external", "all"]
    form: Form  # q
    rows: tuple[OrganisationRow, ...]
    paging: Paging
    may_add: bool


@shown
class OrganisationPage:
    """organisations/view.html"""

    id: int
    name: str
    uuid: str
    local: bool
    host: bool  # the organisation that this instance belongs to
    description: str
    nationality: str
    sector: str
    type: str
    contacts: str
    users: int
    events: tuple[EventRow, ...]  # newest, at most ten
    may_edit: bool


@shown
class OrganisationFormPage:
    """organisations/edit.html: name, uuid, local, description, nationality, sector, type, contacts."""

    id: int | None  # None to add one
    form: Form


@shown
class MergeFact:
    """How many of a kind move."""

    label: str  # translated
    count: int


@shown
class MergePage:
    """organisations/merge.html: target by GET for the preview; then posts target."""

    id: int
    name: str
    uuid: str
    targets: tuple[Choice, ...]
    form: Form  # target
    target_name: str  # "" before one is chosen
    target_uuid: str
    facts: tuple[MergeFact, ...]  # empty before one is chosen


@shown
class ImportRow:
    """A line of a list and what became of it."""

    name: str
    uuid: str
    added: bool
    outcome: str  # translated sentence


@shown
class ImportPage:
    """organisations/import.html: list (text) or file, local."""

    form: Form
    rows: tuple[ImportRow, ...]  # of the list that was just taken; empty before
    added: int
