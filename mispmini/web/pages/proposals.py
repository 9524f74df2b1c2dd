"""What the pages of proposals are given."""

from dataclasses import dataclass

from mispmini.web.pages.elements import AttributeChoices
from mispmini.web.pages.shared import Form


@dataclass(frozen=True)
class ProposedField:
    """One field of an attribute as it is and as it should be."""

    label: str  # translated
    before: str  # "" for a new attribute
    after: str
    changed: bool


@dataclass(frozen=True)
class ProposedFile:
    """The file that comes with a proposal."""

    name: str  # as it is downloaded
    size: int  # bytes


@dataclass(frozen=True)
class ProposalCard:
    """One proposal, with what it would change."""

    id: int
    event_id: int
    event_info: str
    attribute_id: int | None  # None for a new attribute
    what: str  # a sentence: what it would do, translated
    organisation: str  # whose idea it was; "" where it is not known
    proposed: int
    fields: tuple[ProposedField, ...]
    file: ProposedFile | None
    may_accept: bool
    may_discard: bool


@dataclass(frozen=True)
class ProposalsPage:
    """proposals/index.html: those that wait for the viewer's organisation, or all that it sees."""

    everything: bool
    cards: tuple[ProposalCard, ...]
    more: int  # how many are not shown


@dataclass(frozen=True)
class ProposalFormPage:
    """proposals/edit.html: type, category, value, comment, to_ids; a file where the attribute has one."""

    event_id: int
    event_info: str
    owner: str  # the organisation that decides
    attribute_id: int | None  # None for a new attribute
    action: str
    takes_file: bool
    form: Form
    choices: AttributeChoices
