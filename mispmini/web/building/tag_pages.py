"""What the pages of tags and taxonomies are given, how it is made, and what a picker of tags offers."""

from urllib.parse import urlencode

from mispmini.domain.permissions import Permission
from mispmini.domain.records import TagRecord
from mispmini.domain.taxonomies import Entry, TaxonomyRecord, find_entry
from mispmini.domain.viewer import Viewer
from mispmini.services import organisations, tags
from mispmini.services.organisations import Scope
from mispmini.services.tags import TagUse
from mispmini.services.taxonomies import Listed, Viewed
from mispmini.web.building.badges import bare_badge
from mispmini.web.i18n import _
from mispmini.web.pages import Choice, Form, Paging, TagBadge
from mispmini.web.pages.showing import shown
from mispmini.web.paging import asked_slice, paging

EVERYBODY = "0"
_USUAL_COLOUR = "#5b6770"
_UNUSED = TagUse(0, 0)


@shown
class TagLine:
    """One tag in a list."""

    badge: TagBadge
    meaning: str  # what its taxonomy says; "" for a free tag
    events: int
    attributes: int
    marks: tuple[str, ...]  # translated: "hidden", "only local" …
    favourite: bool


@shown
class TagsPage:
    """tags/index.html, filtered by GET: searchall, favouritesOnly."""

    rows: tuple[TagLine, ...]
    paging: Paging
    form: Form  # searchall, favouritesOnly
    filtered: bool
    may_add: bool
    may_edit: bool


@shown
class TagFormPage:
    """tags/edit.html: name, colour, exportable, hide_tag, local_only, org_id, numerical_value."""

    id: int | None  # None to add one
    form: Form
    organisations: tuple[Choice, ...]


@shown
class TaxonomyLine:
    """One taxonomy in the list."""

    id: int
    namespace: str
    description: str
    enabled: bool
    exclusive: bool
    required: bool
    total: int
    current: int


@shown
class TaxonomiesPage:
    """taxonomies/index.html, filtered by GET: value."""

    rows: tuple[TaxonomyLine, ...]  # enabled ones first
    paging: Paging
    form: Form  # value
    may_edit: bool


@shown
class EntryLine:
    """One tag that a taxonomy defines."""

    name: str
    expanded: str
    description: str
    badge: TagBadge | None  # None: it is not here yet
    hidden: bool


@shown
class TaxonomyPage:
    """taxonomies/view.html"""

    taxonomy: TaxonomyLine
    version: int
    entries: tuple[EntryLine, ...]
    paging: Paging
    may_edit: bool


def tags_page(viewer: Viewer, found: list[TagRecord], use: dict[int, TagUse], form: Form) -> TagsPage:
    """The list: favourites first, then those in use, then the others by name."""
    part, favourites = asked_slice(), tags.favourites_of(viewer.user_id)
    in_order = sorted(found, key=lambda tag: (tag.id not in favourites, -sum(use.get(tag.id, _UNUSED))))
    shown = in_order[part.offset : part.offset + part.limit]
    return TagsPage(
        rows=tuple(_line(tag, use.get(tag.id, _UNUSED), is_favourite=tag.id in favourites) for tag in shown),
        paging=paging(part, len(found)),
        form=form,
        filtered=any(form.values.values()),
        may_add=viewer.is_site_admin or viewer.can(Permission.TAG_EDITOR),
        may_edit=viewer.is_site_admin,
    )


def _line(tag: TagRecord, use: TagUse, *, is_favourite: bool) -> TagLine:
    return TagLine(bare_badge(tag), meaning_of(tag.name), use.events, use.attributes, _marks(tag), is_favourite)


def events_with(tag: TagRecord) -> str:
    """Where the events are that have a tag."""
    return f"/events/index?{urlencode({'tag': tag.name})}"


def _marks(tag: TagRecord) -> tuple[str, ...]:
    told = {
        _("hidden"): tag.hide_tag,
        _("local only"): tag.local_only,
        _("not exported"): not tag.exportable,
        _("of one organisation"): tag.org_id is not None,
        _("of one user"): tag.user_id is not None,
    }
    return tuple(mark for mark, holds in told.items() if holds)


def meaning_of(name: str) -> str:
    """What a tag's taxonomy says of it; nothing for a free tag."""
    found = find_entry(name)
    return found[1].expanded if found else ""


def tag_choices(viewer: Viewer) -> tuple[Choice, ...]:
    """What a picker offers the viewer, by taxonomy and name, favourites first; the label says what it means."""
    return tuple(Choice(tag.name, meaning_of(tag.name)) for tag in tags.offered_tags(viewer))


def new_tag_page(form: Form | None = None) -> TagFormPage:
    """The form of a new tag, or what was typed and refused."""
    blank = Form({"exportable": "1", "colour": _USUAL_COLOUR, "org_id": EVERYBODY})
    return TagFormPage(None, form or blank, _owners())


def edited_tag_page(tag: TagRecord, form: Form | None = None) -> TagFormPage:
    """The form of a tag as it stands, or what was typed and refused."""
    return TagFormPage(tag.id, form or Form(_values(tag)), _owners())


def _values(tag: TagRecord) -> dict[str, str]:
    flags = {name: "1" if getattr(tag, name) else "0" for name in ("exportable", "hide_tag", "local_only")}
    number = "" if tag.numerical_value is None else str(tag.numerical_value)
    return {"name": tag.name, "colour": tag.colour, "org_id": str(tag.org_id or 0), "numerical_value": number} | flags


def _owners() -> tuple[Choice, ...]:
    local = organisations.list_organisations(Viewer.everything(), Scope.LOCAL)
    named = sorted((Choice(str(org.id), org.name) for org in local), key=lambda choice: choice.label.casefold())
    return (Choice(EVERYBODY, _("Everybody")), *named)


def taxonomies_page(viewer: Viewer, found: list[Listed], search: str) -> TaxonomiesPage:
    """The list, those in use first."""
    part = asked_slice()
    in_order = sorted(found, key=lambda listed: not listed.taxonomy.enabled)
    shown = in_order[part.offset : part.offset + part.limit]
    rows = tuple(_taxonomy_line(listed.taxonomy, listed) for listed in shown)
    return TaxonomiesPage(rows, paging(part, len(found)), Form({"value": search}), viewer.is_site_admin)


def taxonomy_page(viewer: Viewer, viewed: Viewed) -> TaxonomyPage:
    """One with its tags."""
    part, taxonomy = asked_slice(), viewed.listed.taxonomy
    shown = viewed.entries[part.offset : part.offset + part.limit]
    return TaxonomyPage(
        taxonomy=_taxonomy_line(taxonomy, viewed.listed),
        version=taxonomy.version,
        entries=tuple(_entry_line(entry, tag) for entry, tag in shown),
        paging=paging(part, len(viewed.entries)),
        may_edit=viewer.is_site_admin,
    )


def _taxonomy_line(taxonomy: TaxonomyRecord, listed: Listed) -> TaxonomyLine:
    return TaxonomyLine(
        id=taxonomy.id,
        namespace=taxonomy.namespace,
        description=taxonomy.description,
        enabled=taxonomy.enabled,
        exclusive=listed.exclusive,
        required=taxonomy.required,
        total=listed.total,
        current=listed.current,
    )


def _entry_line(entry: Entry, tag: TagRecord | None) -> EntryLine:
    badge = None if tag is None else bare_badge(tag)
    return EntryLine(entry.tag, entry.expanded, entry.description, badge, tag is not None and tag.hide_tag)
