"""Free text import: what a pasted text holds, a row for each value, and what it shall become."""

from mispmini.web.pages.shared import Choice, Form
from mispmini.web.pages.showing import shown


@shown
class FreetextRow:
    """One value that the text holds."""

    number: int
    value: str
    types: tuple[Choice, ...]
    type: str
    take: bool
    to_ids: bool
    known: int  # in how many events its value is
    warnings: tuple[str, ...]  # names of warninglists
    comment: str = ""


@shown
class FreetextPage:
    """Where a text is pasted, or what one holds."""

    event_id: int
    event_info: str
    form: Form
    rows: tuple[FreetextRow, ...] | None  # None while nothing was pasted
    left_out: int  # values beyond what one page takes
    distributions: tuple[Choice, ...]
    groups: tuple[Choice, ...]


@shown
class LookupRow:
    """One value that is known here."""

    value: str
    type: str
    known: int  # in how many events it is
    events: str  # where they are listed
    warnings: tuple[str, ...]  # names of warninglists


@shown
class LookupPage:
    """events/lookup.html: value."""

    form: Form
    asked: bool
    known: tuple[LookupRow, ...]
    unknown: str  # values that no event holds, one a line
    count: int  # values in the text
    left_out: int  # values beyond what one page takes
