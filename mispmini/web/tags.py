"""Tags over REST (API §9.6)."""

from flask import Blueprint, request

from mispmini.domain.errors import Refused
from mispmini.domain.permissions import Permission
from mispmini.domain.records import TagRecord
from mispmini.services import tags
from mispmini.web import describe
from mispmini.web.answer import Answer, reply, saved
from mispmini.web.asking import asked, parameter
from mispmini.web.needs import needs, needs_login
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire.scalars import flag
from mispmini.wire.tag_in import read_tag
from mispmini.wire.tag_out import tag_columns

bp = Blueprint("tags", __name__, url_prefix="/tags")


@bp.route("/index", methods=["GET", "POST"])
@needs_login
def index() -> Answer:
    """All tags, or those whose name holds `searchall`; `name`, `filter`, `search` want the whole name."""
    exact = next((str(value) for key in ("name", "filter", "search") if (value := parameter(key))), "")
    found = tags.all_tags(exact or str(parameter("searchall", "")))
    if exact:
        found = [tag for tag in found if tag.name.casefold() == exact.casefold()]
    return reply({"Tag": [_counted(tag) for tag in found]})


def _counted(tag: TagRecord) -> dict[str, object]:
    events, attributes = tags.tag_counts(current_viewer(), tag.id)
    return {**tag_columns(tag), "inherited": False, "attribute_count": attributes, "count": events, "favourite": False}


@bp.get("/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """One tag with how often it is used."""
    tag = tags.find_tag(ref) if ref.isascii() and ref.isdigit() and len(ref) < 19 else None
    if tag is None:
        raise Refused("Invalid Tag")
    events, attributes = tags.tag_counts(current_viewer(), tag.id)
    return reply({**tag_columns(tag), "count": events, "attribute_count": attributes})


@bp.route("/add", methods=["GET", "POST"])
@needs(Permission.TAG_EDITOR)
def add() -> Answer:
    """Make a tag; one that is there already is answered as it is."""
    if request.method == "GET":
        return reply(describe.TAGS_ADD)
    with saving("add", "Tag"):
        draft = read_tag(asked().body)
    return reply({"Tag": tag_columns(tags.add_tag(current_viewer(), draft))})


@bp.route("/search", methods=["GET", "POST"])
@bp.route("/search/<path:text>", methods=["GET", "POST"])
@needs_login
def search(text: str = "") -> Answer:
    """Tags by a part of their name; `%` is the usual wild card."""
    wanted = parameter("tag", text)
    texts = [str(item) for item in wanted] if isinstance(wanted, list) else [str(wanted)]
    found = {tag.id: tag for item in texts for tag in tags.all_tags(item.strip("%"))}
    return reply([{"Tag": tag_columns(tag)} for tag in found.values()])


@bp.post("/attachTagToObject")
@needs(Permission.TAGGER)
def attach_tag_to_object() -> Answer:
    """Attach a tag to the event or attribute with this uuid; what PyMISP uses."""
    viewer, local = current_viewer(), flag(parameter("local")) is True
    tagged = tags.find_target(viewer, str(parameter("uuid", "")))
    tag = tags.attach(viewer, tagged, str(parameter("tag", "")), local=local)
    kind = "Local" if local else "Global"
    return reply(saved(f"{kind} tag {tag.name}({tag.id}) successfully attached to {tagged.kind}({tagged.id})."))


@bp.post("/removeTagFromObject")
@needs(Permission.TAGGER)
def remove_tag_from_object() -> Answer:
    """Take a tag off the event or attribute with this uuid."""
    viewer = current_viewer()
    tagged = tags.find_target(viewer, str(parameter("uuid", "")))
    tag, local = tags.detach(viewer, tagged, str(parameter("tag", "")))
    kind = "Local" if local else "Global"
    return reply(saved(f"{kind} tag {tag.name} ({tag.id}) successfully removed from {tagged.kind}({tagged.id})."))
