"""Tags over REST and as pages (API §9.6)."""

from flask import Blueprint

from mispmini.domain.permissions import Permission
from mispmini.domain.records import TagRecord
from mispmini.domain.taxonomies import find_entry
from mispmini.services import tags, taxonomies
from mispmini.services.tags import TagUse
from mispmini.web import describe
from mispmini.web.answer import Answer, answer, done, page_answer, reply, saved, see_other, wants_json
from mispmini.web.asking import asked, parameter
from mispmini.web.building import tag_pages
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login, needs_writing
from mispmini.web.pages import Form
from mispmini.web.saving import saving
from mispmini.web.tagging import tag_in_path
from mispmini.web.turns import searches
from mispmini.web.who import current_viewer
from mispmini.wire.replies import Reply
from mispmini.wire.scalars import flag
from mispmini.wire.tag_in import read_names, read_tag_form
from mispmini.wire.tag_out import tag_columns
from mispmini.wire.taxonomy_out import found_tag

bp = Blueprint("tags", __name__, url_prefix="/tags")
_INDEX = "/tags/index"


@bp.route("/index", methods=["GET", "POST"])
@needs_login
def index() -> Answer:
    """All tags, or those whose name holds `searchall`; `name`, `filter`, `search` want the whole name."""
    viewer = current_viewer()
    found = _asked_tags()
    if flag(parameter("favouritesOnly")):
        favourites = tags.favourites_of(viewer.user_id)
        found = [tag for tag in found if tag.id in favourites]
    form = Form({name: str(parameter(name, "")) for name in ("searchall", "favouritesOnly")})
    return answer(
        lambda: {"Tag": _counted(found)},
        page=lambda: tag_pages.tags_page(viewer, found, tags.tag_use(viewer), form),
        template="tags/index.html",
    )


def _asked_tags() -> list[TagRecord]:
    exact = next((str(value) for key in ("name", "filter", "search") if (value := parameter(key))), "")
    return tags.search_tags(exact, strict=True) if exact else tags.all_tags(str(parameter("searchall", "")))


def _counted(found: list[TagRecord]) -> list[Reply]:
    viewer = current_viewer()
    favourites = tags.favourites_of(viewer.user_id)
    items = [{**tag_columns(tag), "favourite": tag.id in favourites} for tag in found]
    if flag(parameter("exclude_statistics")):
        return items
    use = tags.tag_use(viewer)
    counts = (use.get(tag.id, TagUse(0, 0)) for tag in found)
    return [
        {**item, "count": count.events, "attribute_count": count.attributes}
        for item, count in zip(items, counts, strict=True)
    ]


@bp.get("/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """One tag with how often it is used; for people, the events that have it."""
    tag = tags.existing_tag(ref)
    if not wants_json():
        return see_other(tag_pages.events_with(tag))
    count = tags.tag_use(current_viewer(), tag.id).get(tag.id, TagUse(0, 0))
    return reply({**tag_columns(tag), "count": count.events, "attribute_count": count.attributes})


@bp.get("/add")
@needs(Permission.TAG_EDITOR)
def show_add() -> Answer:
    """The form of a new tag, or what a POST takes."""
    return answer(lambda: describe.TAGS_ADD, page=tag_pages.new_tag_page, template="tags/edit.html")


@bp.post("/add")
@needs(Permission.TAG_EDITOR)
def add() -> Answer:
    """Make a tag; one that is there already is answered as it is."""
    if_refused(lambda form, status: page_answer("tags/edit.html", tag_pages.new_tag_page(form), status=status))
    with saving("add", "Tag"):
        form = read_tag_form(asked().body)
    return _kept(tags.add_tag(current_viewer(), form), _("The tag was added."))


@bp.get("/edit/<ref>")
@needs(Permission.SITE_ADMIN)
def show_edit(ref: str) -> Answer:
    """The form of a tag, or what a POST takes."""
    tag = tags.existing_tag(ref)
    return answer(lambda: describe.TAGS_EDIT, page=lambda: tag_pages.edited_tag_page(tag), template="tags/edit.html")


@bp.route("/edit/<ref>", methods=["POST", "PUT"])
@needs(Permission.SITE_ADMIN)
def edit(ref: str) -> Answer:
    """Change a tag, here and wherever it is on."""
    tag = tags.existing_tag(ref)
    if_refused(lambda form, status: page_answer("tags/edit.html", tag_pages.edited_tag_page(tag, form), status=status))
    with saving("edit", "Tag", about=lambda: tag.id):
        form = read_tag_form(asked().body)
    return _kept(tags.edit_tag(current_viewer(), ref, form), _("The tag was saved."))


def _kept(tag: TagRecord, notice: str) -> Answer:
    return done({"Tag": tag_columns(tag)}, go_to=_INDEX, notice=notice)


@bp.route("/delete/<ref>", methods=["POST", "DELETE"])
@needs(Permission.SITE_ADMIN)
def delete(ref: str) -> Answer:
    """Remove a tag from this instance and from whatever it is on here."""
    tags.delete_tag(current_viewer(), ref)
    return done(saved("Tag deleted."), go_to=_INDEX, notice=_("The tag was deleted."))


@bp.post("/favourite/<ref>")
@needs_writing
def favourite(ref: str) -> Answer:
    """Have a tag at hand, or not any more."""
    is_on = tags.set_favourite(current_viewer(), ref, on=flag(parameter("favourite")))
    notice = _("The tag is offered first.") if is_on else _("The tag is no longer offered first.")
    return done(saved("Favourite saved"), go_to=_INDEX, notice=notice)


@bp.route("/search", methods=["GET", "POST"])
@bp.route("/search/<path:text>", methods=["GET", "POST"])
@needs_login
def search(text: str = "") -> Answer:
    """Tags by name, `%` standing for anything, with what taxonomies say of them."""
    pattern, is_strict = _without_switches(text)
    wanted = read_names(parameter("tag") or parameter("tagname") or pattern or tag_in_path())
    is_strict = flag(parameter("strict_tagname", is_strict)) is True
    found = {tag.id: tag for item in wanted for tag in tags.search_tags(item, strict=is_strict)}
    loosely = [] if is_strict else wanted
    named = [pair for item in loosely for pair in tags.search_cluster_tags(current_viewer(), item)]
    clusters = {tag.id: cluster for tag, cluster in named}
    found |= {tag.id: tag for tag, _cluster in named}
    stored = {listed.taxonomy.namespace: listed.taxonomy for listed in taxonomies.list_taxonomies()} if found else {}
    definitions = [(tag, find_entry(tag.name)) for tag in found.values()]
    return reply(
        [
            found_tag(tag, known, stored.get(known[0].namespace) if known else None, clusters.get(tag.id))
            for tag, known in definitions
        ]
    )


def _without_switches(text: str) -> tuple[str, bool]:
    """A path's tag, and whether its next piece asks for the whole name; the one after, for existing tags, all are."""
    pieces = text.split("/")
    switches: list[bool] = []
    while len(pieces) > 1 and len(switches) < 2 and (said := flag(pieces[-1] or "-")) is not None:
        switches.insert(0, said)
        pieces.pop()
    return "/".join(pieces), bool(switches and switches[0])


@bp.get("/tagStatistics")
@bp.get("/tagStatistics/<percentage>")
@bp.get("/tagStatistics/<percentage>/<namesort>")
@needs_login
@searches
def tag_statistics(percentage: str = "", namesort: str = "") -> Answer:
    """How often each tag and taxonomy is used, in numbers or per cent."""
    found = tags.statistics(current_viewer())
    shape = {"percent": flag(percentage) is True, "by_name": flag(namesort) is True}
    return reply({"tags": _shaped(found.tags, **shape), "taxonomies": _shaped(found.taxonomies, **shape)})


def _shaped(counts: dict[str, int], *, percent: bool, by_name: bool) -> dict[str, str] | list[str]:
    """MISP: numbers are texts, shares end in a per cent sign, and nothing is an empty list."""
    total = sum(counts.values()) or 1
    names = sorted(counts) if by_name else list(counts)
    return {n: f"{round(100 * counts[n] / total, 2):g}%" if percent else str(counts[n]) for n in names} or []


@bp.post("/attachTagToObject")
@needs(Permission.TAGGER)
def attach_tag_to_object() -> Answer:
    """Attach a tag, or several, to the event or attribute with this uuid; what PyMISP uses."""
    viewer, local = current_viewer(), flag(parameter("local")) is True
    tagged = tags.find_target(viewer, str(parameter("uuid", "")))
    relationship = parameter("relationship_type")
    told = relationship if isinstance(relationship, str) and relationship else None
    wanted = read_names(parameter("tag", "")) or [""]
    attached = tags.attach_each(viewer, tagged, wanted, local=local, relationship_type=told)
    kind, names = _kind(local=local), ", ".join(f"{tag.name}({tag.id})" for tag in attached)
    return reply(saved(f"{kind} tag {names} successfully attached to {tagged.kind}({tagged.id})."))


@bp.post("/removeTagFromObject")
@needs(Permission.TAGGER)
def remove_tag_from_object() -> Answer:
    """Take a tag, or several, off the event or attribute with this uuid."""
    viewer = current_viewer()
    tagged = tags.find_target(viewer, str(parameter("uuid", "")))
    removed = tags.detach_each(viewer, tagged, read_names(parameter("tag", "")) or [""])
    kind, names = _kind(local=removed[0][1]), ", ".join(f"{tag.name} ({tag.id})" for tag, _local in removed)
    return reply(saved(f"{kind} tag {names} successfully removed from {tagged.kind}({tagged.id})."))


def _kind(*, local: bool) -> str:
    return "Local" if local else "Global"
