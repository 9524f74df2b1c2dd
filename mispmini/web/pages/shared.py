"""Parts that many pages share."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from mispmini.web.pages.showing import shown

Tlp: TypeAlias = Literal["", "red", "amber", "green", "clear"]
LedgerState: TypeAlias = Literal[
    "queued", "sent", "updated", "unchanged", "partial", "degraded", "conflict", "skipped", "failed", "gave_up"
]
Health: TypeAlias = Literal["good", "warning", "failing", "unused"]


@shown
class Notice:
    """One message above the page, shown once: what the last request did."""

    kind: Literal["success", "info", "warning", "error"]
    text: str  # translated


@shown
class SignedIn:
    """The `viewer` of every template (None when nobody is signed in): what the frame around a page shows and offers."""

    email: str
    organisation: str
    role: str  # the role's name, as MISP's: "Org Admin"
    here: str  # path and query of this page, where the language switch comes back to
    may_add_events: bool
    may_see_servers: bool
    may_administer: bool  # users of the own organisation at least
    may_change_organisations: bool  # add and edit them: site admins
    shows_delegations: bool = False  # events may be handed over on this server
    notices: tuple[Notice, ...] = ()
    step: int | None = None  # which step of the guide this page belongs to


@shown
class Choice:
    """One option of a select or radio group."""

    value: str
    label: str  # translated unless it is a name
    help: str = ""  # one translated sentence


@shown
class Form:
    """What a form shows: kept or initial text and the sentence for what is wrong, by field name.

    A ticked checkbox has the value "1".
    """

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)  # translated
    message: str = ""  # what is wrong with the form as a whole, translated

    def value(self, name: str) -> str:
        """The text of one field; empty when it has none."""
        return self.values.get(name, "")

    def error(self, name: str) -> str:
        """The sentence for one field; empty when it is right."""
        return self.errors.get(name, "")


@shown
class Paging:
    """Where this page stands in a list."""

    total: int  # rows in all
    first: int  # number of the first row shown, from 1; 0 for an empty list
    last: int
    previous: str | None  # path and query of the page before, filters kept; None on the first
    next: str | None


@shown
class TagBadge:
    """A tag as it is shown on an event or attribute."""

    id: int
    name: str
    colour: str  # "#rrggbb", checked by the writer
    local: bool
    tlp: Tlp  # "" for a tag that is no TLP; amber+strict and ex:chr are "amber"
    may_remove: bool = False  # on an event's own page


@shown
class LedgerRow:
    """What became of one event at one server."""

    event_id: int | None  # None for one that is not here (any more)
    event_info: str
    server_id: int
    server_name: str
    direction: Literal["push", "pull"]
    state: LedgerState
    reason: str  # translated sentence; "" when the state says it all
    at: int | None
    may_go_whole: bool = False  # ours, and there without what the partner could not store
    detail: str = ""  # what the other side said, raw; for site admins
    waits: str = ""  # why it has not gone yet, translated
    again: str = ""  # that it is not known to be whole yet, translated
    again_at: int | None = None  # when it is read again at the latest
