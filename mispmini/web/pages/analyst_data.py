"""What the pages show of notes, opinions and relationships."""

from mispmini.web.pages.shared import Choice, Form
from mispmini.web.pages.showing import shown


@shown
class AnalystCard:
    """One of them, and what is said about it in turn."""

    id: int
    uuid: str
    kind: str  # Note, Opinion, Relationship
    title: str  # what it is, with the number of an opinion
    organisation: str
    authors: str
    text: str
    changed: int
    audience: str
    about: str  # the kind of element it is about; empty for the event itself
    about_path: str  # where that is
    target: str = ""  # what a relationship points to
    target_path: str = ""
    may_edit: bool = False
    may_answer: bool = False
    below: tuple["AnalystCard", ...] = ()


@shown
class AnalystBox:
    """What is said about an event and its elements, and whether the viewer may say more."""

    event_uuid: str = ""
    cards: tuple[AnalystCard, ...] = ()
    may_add: bool = False


@shown
class AnalystItemPage:
    """analyst_data/view.html: one, with what is said about it; `back` leads to its event, if that is here."""

    card: AnalystCard
    back: str = ""


@shown
class AnalystFormPage:
    """analyst_data/edit.html: note, language; opinion, comment; relationship_type, related_object_uuid,
    related_object_type; distribution, sharing_group_id."""

    kind: str
    title: str
    action: str
    back: str
    form: Form
    distributions: tuple[Choice, ...]
    groups: tuple[Choice, ...]
    targets: tuple[Choice, ...] = ()
