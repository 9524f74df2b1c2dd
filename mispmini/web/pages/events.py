"""What the pages of events are given."""

from typing import Literal

from mispmini.web.pages.administration import ChangeRow
from mispmini.web.pages.analyst_data import AnalystBox
from mispmini.web.pages.arrivals import ArrivalBox
from mispmini.web.pages.elements import AttributeChoices, AttributeRow, ObjectGroup, ReportRow
from mispmini.web.pages.feeds import FeedHitRow
from mispmini.web.pages.galaxies import ClusterBadge
from mispmini.web.pages.proposals import ProposalCard
from mispmini.web.pages.shared import Choice, Form, LedgerRow, Paging, TagBadge
from mispmini.web.pages.showing import shown


@shown
class EventRow:
    """One event in a list."""

    id: int
    info: str
    organisation: str  # the creator's
    attribute_count: int
    tags: tuple[TagBadge, ...]  # TLP first
    audience: str  # short: "This community"
    date: str  # YYYY-MM-DD, the event's own
    changed: int | None
    published: bool
    changed_since_publish: bool


@shown
class EventsPage:
    """events/index.html, filtered by GET: q, tag, org, published, tab."""

    tab: Literal["all", "ours", "received", "drafts"]
    form: Form  # q, tag, org, published ("", "1", "0")
    rows: tuple[EventRow, ...]
    paging: Paging
    filtered: bool  # something narrows the list: an empty one then says so


@shown
class TrashRow:
    """A deleted event that can be restored; times are epoch seconds."""

    uuid: str
    info: str
    organisation: str  # the creator's
    deleted: int
    ends: int  # then it is removed for good


@shown
class TrashPage:
    """events/trash.html"""

    rows: tuple[TrashRow, ...]
    days: int  # that a deleted event is kept


@shown
class EventLink:
    """Another event, as a link."""

    id: int
    info: str
    organisation: str  # the creator's; "" where it is not told
    date: str  # YYYY-MM-DD, its own


@shown
class EventTab:
    """One of the tabs of an event."""

    name: str
    label: str  # translated
    href: str
    count: int | None  # how much is on it; None where it is not counted
    trouble: bool  # something on it needs somebody


@shown
class EventHead:
    """What stands above each tab of an event."""

    id: int
    uuid: str
    info: str
    owner_org: str
    owner_org_id: int
    creator_org: str
    creator_org_id: int
    date: str  # YYYY-MM-DD
    threat_level: str  # translated
    analysis: str  # translated
    tlp: TagBadge | None
    audience: str  # a sentence: who can see this
    published: bool
    published_at: int | None
    changed: int | None
    changed_since_publish: bool
    extends_uuid: str  # "" for none
    extends: EventLink | None  # the event that it extends, if it is here and seen
    tags: tuple[TagBadge, ...]
    tag_choices: tuple[Choice, ...]  # to complete what is typed
    tab: str  # name of the one shown
    tabs: tuple[EventTab, ...]
    may_edit: bool
    may_tag: bool
    may_tag_locally: bool
    may_publish: bool
    may_unpublish: bool
    edit_hint: str  # why it may not be edited, or what to know before; "" for nothing
    delete_question: str  # what deleting an attribute means, translated
    delete_object_question: str  # what deleting an object means, translated
    arrival: ArrivalBox | None = None  # how it came, for those whom it concerns
    may_delegate: bool = False  # offer it to another organisation
    may_retract: bool = False  # take it back from partners, or see how far that is
    clusters: tuple[ClusterBadge, ...] = ()  # galaxy clusters that its tags name
    waits_for: tuple[str, ...] = ()  # servers that it is promised to and has not gone to, for a reason
    no_longer_at: tuple[str, ...] = ()  # servers that it was pulled from and that no longer show it


@shown
class EventPage:
    """events/view.html: attributes and objects, filtered by GET: q, deleted, extended."""

    head: EventHead
    attribute_count: int  # visible live ones, those in objects and, if shown, of extending events included
    objects: tuple[ObjectGroup, ...]
    attributes: tuple[AttributeRow, ...]  # those outside of objects
    paging: Paging  # over objects and attributes together
    filter: Form  # q, deleted, extended
    filtered: bool
    extended: bool  # elements of the events that extend this one are among them
    extending_count: int
    attribute_form: Form  # see AttributeFormPage, and batch_import
    adding: bool  # whether that form stands open
    choices: AttributeChoices
    proposals: tuple[ProposalCard, ...] = ()  # pending ones
    may_propose: bool = False  # an attribute, to whose event it is
    notes: AnalystBox = AnalystBox()
    any_gone: bool = False  # one of these is no longer shown by the partner that delivered the event


@shown
class RelatedRow:
    """An event that shares values with this one."""

    event: EventLink
    published: bool
    values: tuple[str, ...]  # some of the shared values
    shared: int  # how many there are


@shown
class PartnerHitRow:
    """A value that a partner holds, too."""

    value: str
    server: str
    events: tuple[tuple[str, str], ...]  # label and path of the preview; for site admins


@shown
class ReadingRow:
    """A partner's organisation got a version of the event."""

    organisation: str
    organisation_id: int
    version: int
    is_current: bool
    at: int


@shown
class RelatedPage:
    """events/related.html"""

    head: EventHead
    related: tuple[RelatedRow, ...]  # newest first
    cap: int  # of a value in more events than this only the newest ones are listed
    extending: tuple[EventLink, ...]  # events that extend this one, newest first
    feed_hits: tuple[FeedHitRow, ...] = ()  # values that feeds hold, too
    partner_hits: tuple[PartnerHitRow, ...] = ()


@shown
class EventReportsPage:
    """events/reports.html"""

    head: EventHead
    rows: tuple[ReportRow, ...]  # oldest first
    deleted_shown: bool


@shown
class SharingPage:
    """events/sharing.html"""

    head: EventHead
    deliveries: tuple[LedgerRow, ...]  # newest per server and direction
    may_see_deliveries: bool
    readings: tuple[ReadingRow, ...] = ()  # who fetched it, newest first


@shown
class HistoryRow:
    """One thing that somebody did."""

    at: int
    who: str  # email; "" for those who are not told
    organisation: str
    did: str  # "changed (Attribute)", translated
    subject: str  # its title
    changes: tuple[ChangeRow, ...]


@shown
class HistoryPage:
    """events/history.html"""

    head: EventHead
    rows: tuple[HistoryRow, ...]  # newest first
    paging: Paging


@shown
class EventFormPage:
    """events/edit.html: date, distribution, sharing_group_id, threat_level_id, analysis, info, extends_uuid, tlp, rsit,
    then ("paste": on to the page where a text is pasted)."""

    id: int | None  # None to add one
    form: Form
    distributions: tuple[Choice, ...]
    groups: tuple[Choice, ...]  # sharing groups; empty: the form offers none
    threat_levels: tuple[Choice, ...]
    analyses: tuple[Choice, ...]
    tlps: tuple[Choice, ...]  # tags of a new event; empty when one is edited
    classes: tuple[Choice, ...]  # tags of RSIT, likewise
    starts: tuple[Choice, ...]  # what a new event may begin as: ?start=


@shown
class Recipient:
    """One server in the publish page: would the event go there, and as what."""

    server_name: str
    goes: bool
    sentence: str  # "Arrives as: this community only" or the reason why not, translated


@shown
class PublishPage:
    """events/publish.html"""

    id: int
    info: str
    audience: str = ""  # a sentence: who can see this
    here: tuple[str, ...] = ()  # organisations on this server that see it, by name
    recipients: tuple[Recipient, ...] = ()
    warnings: tuple[str, ...] = ()  # publishing stays possible
    questions: tuple[str, ...] = ()  # what has to be confirmed: "It has no TLP tag."
    refusal: str = ""  # why this viewer may not publish it, and is told nothing else; "" when they may
    obstacles: tuple[str, ...] = ()  # why nobody may publish it as it is
    form: Form = Form()  # confirmed
    sends_mail: bool = False  # e-mail is on, so that there are two ways to publish


@shown
class DeletePage:
    """events/delete.html"""

    id: int
    info: str
    uuid: str
    attribute_count: int
    holders: tuple[str, ...]  # servers that have a copy and keep it
    may_retract: bool


@shown
class RetractedRow:
    """A partner that it was sent to: what it did with the retraction."""

    name: str
    stage: str  # confirmed, waiting, by_mail
    state: str  # of the newest receipt
    sentence: str  # why it ended so, translated; may be empty
    at: int


@shown
class RetractPage:
    """events/retract.html. Field: reason."""

    id: int
    info: str
    retracted: bool
    settled: bool  # every receipt is in
    partners: tuple[RetractedRow, ...]
    readers: tuple[str, ...]  # organisations that fetched it and have to be asked
    spreads: bool  # partners may have passed it on
    form: Form
