"""What the pages of handed-over events and of correlation exclusions are given."""

from dataclasses import dataclass

from mispmini.web.pages.shared import Choice, Form


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class DelegationsPage:
    """delegations/index.html."""

    rows: tuple[DelegationRow, ...]


@dataclass(frozen=True)
class DelegationFormPage:
    """delegations/edit.html: org_id, message, distribution, sharing_group_id."""

    event_id: int
    event_info: str
    form: Form
    organisations: tuple[Choice, ...]
    distributions: tuple[Choice, ...]
    groups: tuple[Choice, ...]


@dataclass(frozen=True)
class ExclusionRow:
    """A value that does not correlate."""

    id: int
    value: str
    comment: str


@dataclass(frozen=True)
class CommonRow:
    """A value in more events than correlate."""

    value: str
    events: int


@dataclass(frozen=True)
class CorrelationPage:
    """delegations/correlation.html: value, comment."""

    rows: tuple[ExclusionRow, ...]
    common: tuple[CommonRow, ...]
    cap: int
    form: Form
