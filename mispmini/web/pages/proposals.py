"""What the pages of proposals are given."""

from mispmini.web.pages.elements import AttributeChoices
from mispmini.web.pages.shared import Form
from mispmini.web.pages.showing import shown


@shown
class ProposedField:
    """One field of an attribute as it is and as it should be."""

    label: str  # translated
    before: str  # "" for a new attribute
    after: str
    changed: bool


@shown
class ProposedFile:
    """The file that comes with a proposal."""

    name: str  # as it is downloaded
    size: int  # bytes


@shown
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


@shown
class ProposalsPage:
    """proposals/index.html: those that wait for the viewer's organisation, or all that it sees."""

    everything: bool
    cards: tuple[ProposalCard, ...]
    more: int  # how many are not shown


@shown
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
