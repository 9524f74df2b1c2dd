"""What is shown of the parts of an event, and what their forms are given."""

from markupsafe import Markup

from mispmini.web.pages.shared import Choice, Form, TagBadge
from mispmini.web.pages.showing import shown
from mispmini.web.pages.sightings import NOTHING_SEEN, SeenBox


@shown
class AttributeRow:
    """One attribute of an event, alone or in an object."""

    id: int
    uuid: str
    event_id: int  # another one where events are shown together
    relation: str  # name within its object; "" outside of one
    value: str
    type: str
    category: str
    to_ids: bool
    comment: str
    audience: str  # short; "" when it inherits
    seen: str  # first and last seen in words; "" for neither
    tags: tuple[TagBadge, ...]
    changed: int | None
    elsewhere: int  # in how many other events the value is
    has_file: bool
    deleted: bool  # softly: shown on demand, and restored
    foreign: bool  # of another event, which extends the one shown
    may_edit: bool
    may_delete: bool
    may_tag: bool
    sighted: SeenBox = NOTHING_SEEN
    may_propose: bool = False  # a change or deletion, to whose event it is
    warnings: tuple[str, ...] = ()  # names of the warninglists that its value stands on
    known_at: tuple[str, ...] = ()  # names of partners and feeds whose caches hold it
    gone: bool = False  # the partner that delivered the event no longer shows it

    @property
    def was_sighted(self) -> bool:
        """Whether anybody saw it, or said that it is none."""
        return bool(self.sighted.seen or self.sighted.false_positives or self.sighted.expired)

    @property
    def has_notes(self) -> bool:
        """Whether anything stands beside its value."""
        told = self.comment or self.seen or self.audience or self.elsewhere or self.foreign
        return bool(told or self.tags or self.was_sighted or self.warnings or self.known_at or self.gone)


@shown
class ReferenceRow:
    """A reference from an object to an attribute or object of the same event."""

    id: int
    relationship: str  # "related-to"
    target: str  # its value or name
    anchor: str  # id of its element on this page, "" when it is not on it
    comment: str
    may_delete: bool


@shown
class ObjectGroup:
    """One object with its attributes."""

    id: int
    uuid: str
    event_id: int
    name: str
    comment: str
    audience: str  # short; "" when it inherits
    attributes: tuple[AttributeRow, ...]
    references: tuple[ReferenceRow, ...]
    deleted: bool
    foreign: bool
    may_edit: bool
    may_restore: bool
    gone: bool = False  # the partner that delivered the event no longer shows it


@shown
class AttributeChoices:
    """What the form of an attribute offers."""

    types: tuple[Choice, ...]
    categories: tuple[Choice, ...]  # the first, "", stands for the type's own
    to_ids: tuple[Choice, ...]  # the first, "", stands for the type's own
    distributions: tuple[Choice, ...]  # "inherit" first
    groups: tuple[Choice, ...]  # sharing groups; empty: the form offers none


@shown
class AttributeFormPage:
    """attributes/edit.html: type, category, value, comment, to_ids, distribution, sharing_group_id, first_seen,
    last_seen, disable_correlation."""

    id: int
    event_id: int
    event_info: str
    relation: str  # in an object, whose template says the type
    form: Form
    choices: AttributeChoices


@shown
class FilesPage:
    """attributes/files.html: files, category, comment, malware."""

    event_id: int
    event_info: str
    owner: str  # the organisation that they are proposed to; "" for files that are attached
    form: Form
    categories: tuple[Choice, ...]


@shown
class RemovalPage:
    """removal.html: the question before an attribute, object or report is deleted."""

    title: str  # translated
    event_id: int
    event_info: str
    subject: str  # its value or name
    sentences: tuple[str, ...]  # what it means, translated
    action: str  # path that the form is sent to
    back: str  # path of the page that one came from
    for_good: bool  # otherwise the form offers it, with a tick of its own


@shown
class TemplateRow:
    """A template of objects to choose."""

    uuid: str
    name: str
    meta_category: str
    description: str


@shown
class TemplatesPage:
    """objects/templates.html, filtered by GET: q, category."""

    event_id: int
    event_info: str
    form: Form
    categories: tuple[Choice, ...]
    rows: tuple[TemplateRow, ...]


@shown
class ObjectField:
    """One field of an object's form: an element of its template, or an attribute that it has."""

    name: str  # of the form's field
    label: str  # the relation
    type: str
    help: str  # the template's description, as it is
    required: bool
    several: bool  # each line is a value
    options: tuple[str, ...]  # values that the template suggests


@shown
class ObjectFormPage:
    """objects/edit.html: comment, distribution, sharing_group_id, first_seen, last_seen, and the fields named here."""

    id: int | None  # None to add one
    event_id: int
    event_info: str
    name: str
    description: str
    action: str
    form: Form
    stored: tuple[ObjectField, ...]  # attributes that are here; one that is emptied is deleted
    one_of: tuple[ObjectField, ...]  # of these a new object needs at least one
    fields: tuple[ObjectField, ...]  # of the template, those that are required or important
    more: tuple[ObjectField, ...]
    may_hold_file: bool  # its template has files, which are attached on the page of the event
    choices: AttributeChoices


@shown
class ReferenceFormPage:
    """objects/reference.html: object_uuid, referenced_uuid, relationship_type, comment."""

    event_id: int
    event_info: str
    object_id: int
    object_name: str
    form: Form
    targets: tuple[Choice, ...]  # elements of the event, by uuid
    relationships: tuple[str, ...]


@shown
class ReportRow:
    """An event report in a list."""

    id: int
    name: str
    audience: str  # short; "" when it inherits
    changed: int
    deleted: bool
    tags: tuple[TagBadge, ...]
    excerpt: str


@shown
class ReportPage:
    """event_reports/view.html"""

    id: int
    uuid: str
    event_id: int
    event_info: str
    name: str
    html: Markup
    source: str  # Markdown, shown where it is too long to render; "" otherwise
    audience: str
    changed: int
    deleted: bool
    tags: tuple[TagBadge, ...]
    may_edit: bool


@shown
class ReportFormPage:
    """event_reports/edit.html: name, content, distribution, sharing_group_id."""

    id: int | None
    event_id: int
    event_info: str
    form: Form
    choices: AttributeChoices
