"""What the pages of handed-over events and of correlation exclusions are given."""

from mispmini.web.pages.shared import Choice, Form
from mispmini.web.pages.showing import shown


@shown
class DelegationRow:
    """A pending request."""

    id: int
    event_id: int
    event_info: str
    requester: str
    organisation: str  # to whom it is offered
    message: str
    may_accept: bool
    may_discard: bool


@shown
class DelegationsPage:
    """delegations/index.html."""

    rows: tuple[DelegationRow, ...]


@shown
class DelegationFormPage:
    """delegations/edit.html: org_id, message, distribution, sharing_group_id."""

    event_id: int
    event_info: str
    form: Form
    organisations: tuple[Choice, ...]
    distributions: tuple[Choice, ...]
    groups: tuple[Choice, ...]


@shown
class ExclusionRow:
    """A value that does not correlate."""

    id: int
    value: str
    comment: str


@shown
class CommonRow:
    """A value in more events than correlate."""

    value: str
    events: int


@shown
class CorrelationPage:
    """delegations/correlation.html: value, comment."""

    rows: tuple[ExclusionRow, ...]
    common: tuple[CommonRow, ...]
    cap: int
    form: Form
