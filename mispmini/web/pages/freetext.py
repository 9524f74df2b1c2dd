"""Free text import: what a pasted text holds, a row for each value, and what it shall become."""

from dataclasses import dataclass

from mispmini.web.pages.shared import Choice, Form


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class FreetextPage:
    """Where a text is pasted, or what one holds."""

    event_id: int
    event_info: str
    form: Form
    rows: tuple[FreetextRow, ...] | None  # None while nothing was pasted
    left_out: int  # values beyond what one page takes
    distributions: tuple[Choice, ...]
    groups: tuple[Choice, ...]
