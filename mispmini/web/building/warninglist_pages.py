"""What the pages of warninglists, noticelists and decaying models are given, and how it is made."""

from collections.abc import Mapping, Sequence

from mispmini.domain.decaying import DecayingModel
from mispmini.domain.noticelists import Noticelist
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.domain.warninglists import CATEGORIES, TYPES, Hit, WarninglistRow
from mispmini.services import warninglists
from mispmini.services.event_sheets import Elements
from mispmini.services.libraries import Library, running_update
from mispmini.web.i18n import N_, _, current_language, gettext
from mispmini.web.pages import Choice, Form, Paging
from mispmini.web.pages.showing import shown
from mispmini.web.paging import asked_slice, paging

_ENTRIES_ON_A_PAGE = 200
_MOST_IN_A_FORM = 20_000
DESCRIPTIONS = (  # of the decaying models that come with the product: named here, so that they are translated
    N_("What a network sensor looks for: addresses and names change hands within months."),
    N_("What mail filters look for: a campaign is over after some weeks."),
)


@shown
class ListLine:
    """One warninglist."""

    id: int
    name: str
    description: str
    kind: str  # translated: what its values are
    category: str  # translated
    entries: int
    enabled: bool


@shown
class CheckedValue:
    """A value that somebody asked about, with the lists it stands on."""

    value: str
    lists: tuple[ListLine, ...]


@shown
class WarninglistsPage:
    """warninglists/index.html, filtered by GET: value; a POST to checkValue fills `checked`."""

    rows: tuple[ListLine, ...]
    paging: Paging
    form: Form  # value
    filtered: bool
    checked: tuple[CheckedValue, ...]
    package_is_here: bool
    taking_over: int | None  # the job that does
    may_edit: bool
    may_update: bool


@shown
class WarninglistPage:
    """warninglists/view.html"""

    line: ListLine
    types: str
    version: int
    entries: tuple[tuple[str, str], ...]  # value and comment
    paging: Paging
    may_edit: bool


@shown
class WarninglistFormPage:
    """warninglists/edit.html: name, description, type, category, matching_attributes, entries, enabled."""

    id: int | None
    form: Form
    types: tuple[Choice, ...]
    categories: tuple[Choice, ...]
    entries_shown: bool  # a giant is not put in a form


@shown
class NoticeLine:
    """One noticelist, or one of its notices."""

    id: int
    name: str
    title: str
    area: str
    enabled: bool


@shown
class NoticelistsPage:
    """noticelists/index.html"""

    rows: tuple[NoticeLine, ...]
    may_edit: bool


@shown
class NoticelistPage:
    """noticelists/view.html"""

    line: NoticeLine
    references: tuple[str, ...]
    notices: tuple[tuple[str, str], ...]  # what is said, and of which types
    may_edit: bool


@shown
class ModelLine:
    """One decaying model."""

    id: int
    name: str
    description: str
    lifetime: int  # days
    threshold: int
    types: str
    enabled: bool


@shown
class ModelsPage:
    """decaying/index.html"""

    rows: tuple[ModelLine, ...]
    may_edit: bool


def warninglists_page(viewer: Viewer, found: list[WarninglistRow], search: str) -> WarninglistsPage:
    """The list by name, those in use first."""
    return _page(viewer, found, search, ())


def checked_page(viewer: Viewer, values: Sequence[str], hits: Mapping[str, Sequence[Hit]]) -> WarninglistsPage:
    """The same with what was found of some values."""
    checked = tuple(
        CheckedValue(value, tuple(_line(hit.warninglist) for hit in hits.get(value, ())))
        for value in dict.fromkeys(values)
    )
    return _page(viewer, warninglists.list_warninglists(), "", checked)


def _page(
    viewer: Viewer, found: list[WarninglistRow], search: str, checked: tuple[CheckedValue, ...]
) -> WarninglistsPage:
    part = asked_slice()
    ordered = sorted(found, key=lambda one: (not one.enabled, one.name.casefold()))
    return WarninglistsPage(
        rows=tuple(map(_line, ordered[part.offset : part.offset + part.limit])),
        paging=paging(part, len(ordered)),
        form=Form({"value": search}),
        filtered=bool(search),
        checked=checked,
        package_is_here=warninglists.package_is_here(),
        taking_over=running_update(Library.WARNINGLISTS),
        may_edit=_may_edit(viewer),
        may_update=viewer.is_site_admin,
    )


def _may_edit(viewer: Viewer) -> bool:
    return viewer.is_site_admin or viewer.can(Permission.WARNINGLIST)


def _line(one: WarninglistRow) -> ListLine:
    return ListLine(
        id=one.id,
        name=one.name,
        description=one.description,
        kind=_kinds().get(one.type, one.type),
        category=_categories().get(one.category, one.category),
        entries=one.entry_count,
        enabled=one.enabled,
    )


def _kinds() -> dict[str, str]:
    return {
        "string": _("whole values"),
        "substring": _("parts of values"),
        "hostname": _("hostnames and what is below them"),
        "cidr": _("networks"),
        "regex": _("regular expressions"),
    }


def _categories() -> dict[str, str]:
    return {"false_positive": _("false positives"), "known": _("known things")}


def warninglist_page(viewer: Viewer, one: WarninglistRow) -> WarninglistPage:
    """One list with a part of its values."""
    part = asked_slice(_ENTRIES_ON_A_PAGE)
    entries = warninglists.entries_of(one, limit=part.limit, offset=part.offset)
    return WarninglistPage(
        line=_line(one),
        types=", ".join(one.valid_attributes),
        version=one.version,
        entries=tuple((entry.value, entry.comment) for entry in entries),
        paging=paging(part, one.entry_count),
        may_edit=_may_edit(viewer),
    )


def new_page(form: Form | None = None) -> WarninglistFormPage:
    """The form of a new list."""
    start = Form({"type": "hostname", "category": "false_positive", "matching_attributes": "ALL", "enabled": "1"})
    return _form_page(None, form or start, entries_shown=True)


def edited_page(one: WarninglistRow, form: Form | None = None) -> WarninglistFormPage:
    """The form of a list."""
    shown = one.entry_count <= _MOST_IN_A_FORM
    return _form_page(one.id, form or _filled(one, with_entries=shown), entries_shown=shown)


def _filled(one: WarninglistRow, *, with_entries: bool) -> Form:
    entries = warninglists.entries_of(one) if with_entries else []
    lines = (f"{entry.value} # {entry.comment}" if entry.comment else entry.value for entry in entries)
    return Form(
        {
            "name": one.name,
            "description": one.description,
            "type": one.type,
            "category": one.category,
            "matching_attributes": ", ".join(one.valid_attributes),
            "enabled": "1" if one.enabled else "0",
            "entries": "\n".join(lines),
        }
    )


def _form_page(number: int | None, form: Form, *, entries_shown: bool) -> WarninglistFormPage:
    kinds, categories = _kinds(), _categories()
    return WarninglistFormPage(
        id=number,
        form=form,
        types=tuple(Choice(name, kinds[name]) for name in TYPES),
        categories=tuple(Choice(name, categories[name]) for name in CATEGORIES),
        entries_shown=entries_shown,
    )


def noticelists_page(viewer: Viewer, found: Sequence[tuple[Noticelist, bool]]) -> NoticelistsPage:
    """All of them."""
    rows = tuple(_notice_line(one, enabled=enabled) for one, enabled in found)
    return NoticelistsPage(rows, viewer.is_site_admin)


def _notice_line(one: Noticelist, *, enabled: bool) -> NoticeLine:
    return NoticeLine(one.id, one.name, one.expanded_name, ", ".join(one.geographical_area), enabled)


def noticelist_page(viewer: Viewer, one: Noticelist, *, enabled: bool) -> NoticelistPage:
    """One with what it says, in the reader's language if it knows that."""
    language = current_language()[:2]
    notices = tuple(
        (entry.message.get(language, entry.message["en"]), ", ".join(entry.values)) for entry in one.entries
    )
    return NoticelistPage(_notice_line(one, enabled=enabled), one.ref, notices, viewer.is_site_admin)


def models_page(viewer: Viewer, found: Sequence[tuple[DecayingModel, bool]]) -> ModelsPage:
    """All of them."""
    may_edit = viewer.is_site_admin or viewer.can(Permission.ADMIN) or viewer.can(Permission.DECAYING)
    return ModelsPage(tuple(_model_line(one, enabled=enabled) for one, enabled in found), may_edit)


def _model_line(one: DecayingModel, *, enabled: bool) -> ModelLine:
    return ModelLine(
        id=one.id,
        name=one.name,
        description=gettext(one.description),
        lifetime=round(one.lifetime),
        threshold=round(one.threshold),
        types=", ".join(one.types),
        enabled=enabled,
    )


def warned_names(loaded: Elements) -> dict[int, tuple[str, ...]]:
    """By attribute of an event's page the names of the lists that its value stands on."""
    sheet = loaded.sheet
    shown = (*sheet.loose, *(one for held in sheet.inside.values() for one in held))
    hits = warninglists.warnings_of(shown)
    return {number: tuple(hit.warninglist.name for hit in held) for number, held in hits.items()}
