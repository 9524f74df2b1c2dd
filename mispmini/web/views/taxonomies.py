"""Taxonomies over REST and as pages (API §9.6)."""

from flask import Blueprint

from mispmini.domain.permissions import Permission
from mispmini.domain.taxonomies import TaxonomyRecord
from mispmini.services import tags, taxonomies
from mispmini.services.taxonomies import Listed
from mispmini.web.answer import Answer, answer, done, reply, saved
from mispmini.web.asking import asked, parameter
from mispmini.web.building import tag_pages
from mispmini.web.i18n import _, ngettext
from mispmini.web.needs import needs, needs_login
from mispmini.web.who import current_viewer
from mispmini.wire.replies import Reply
from mispmini.wire.scalars import as_record, flag, plain_text
from mispmini.wire.tag_in import read_names
from mispmini.wire.taxonomy_out import taxonomy_item, taxonomy_use, taxonomy_view

bp = Blueprint("taxonomies", __name__, url_prefix="/taxonomies")
_UP_TO_DATE = "All taxonomy libraries are up to date already."


@bp.route("/index", methods=["GET", "POST"])
@needs_login
def index() -> Answer:
    """All taxonomies, or those whose name or description holds `value`, or that are `enabled`."""
    search = str(parameter("value", ""))
    found = taxonomies.list_taxonomies(search, enabled=flag(parameter("enabled")))
    return answer(
        lambda: [_item(listed) for listed in found],
        page=lambda: tag_pages.taxonomies_page(current_viewer(), found, search),
        template="taxonomies/index.html",
    )


def _item(listed: Listed) -> Reply:
    return taxonomy_item(listed.taxonomy, exclusive=listed.exclusive, total=listed.total, current=listed.current)


@bp.get("/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """One by id or namespace, with its tags."""
    viewed = taxonomies.view_taxonomy(ref)
    return answer(
        lambda: taxonomy_view(viewed.listed.taxonomy, viewed.entries, exclusive=viewed.listed.exclusive),
        page=lambda: tag_pages.taxonomy_page(current_viewer(), viewed),
        template="taxonomies/view.html",
    )


@bp.get("/export/<ref>")
@needs_login
def export(ref: str) -> Answer:
    """One as a file of the field."""
    return reply(taxonomies.export_taxonomy(ref))


@bp.get("/taxonomy_tags/<ref>")
@needs_login
def taxonomy_tags(ref: str) -> Answer:
    """One with its tags, and on how many events and attributes each is."""
    viewed = taxonomies.view_taxonomy(ref)
    exclusive, use = viewed.listed.exclusive, tags.tag_use(current_viewer())
    return reply(taxonomy_use(viewed.listed.taxonomy, viewed.entries, use, exclusive=exclusive))


@bp.post("/enable/<ref>")
@needs(Permission.SITE_ADMIN)
def enable(ref: str) -> Answer:
    """Offer a taxonomy and its tags."""
    taxonomy = taxonomies.enable(current_viewer(), ref)
    return _done(taxonomy, "Taxonomy enabled", _("The taxonomy is enabled, and its tags can be used."))


@bp.post("/disable/<ref>")
@needs(Permission.SITE_ADMIN)
def disable(ref: str) -> Answer:
    """Offer a taxonomy no more."""
    taxonomy = taxonomies.disable(current_viewer(), ref)
    return _done(taxonomy, "Taxonomy disabled", _("The taxonomy is disabled. What was tagged stays tagged."))


@bp.post("/addTag")
@bp.post("/addTag/<ref>")
@needs(Permission.SITE_ADMIN)
def add_tag(ref: str = "") -> Answer:
    """Make and show a taxonomy's tags, or the one that is named."""
    taxonomy = taxonomies.make_tags(current_viewer(), ref or _named(), _names())
    return _done(taxonomy, "The tag(s) has been saved.", _("Its tags can be used."))


@bp.post("/disableTag")
@bp.post("/disableTag/<ref>")
@needs(Permission.SITE_ADMIN)
def disable_tag(ref: str = "") -> Answer:
    """Hide a taxonomy's tags, or the one that is named."""
    taxonomy = taxonomies.hide_its_tags(current_viewer(), ref or _named(), _names())
    return _done(taxonomy, "The tag(s) has been hidden.", _("Its tags are not offered any more."))


@bp.post("/hideTag")
@bp.post("/hideTag/<ref>")
@needs(Permission.TAGGER)
def hide_tag(ref: str = "") -> Answer:
    """Hide a taxonomy's tags, or the one that is named, from those who tag; for taggers (MODEL §5.3)."""
    taxonomy = taxonomies.hide_its_tags(current_viewer(), ref or _named(), _names())
    return _done(taxonomy, "The tag(s) has been hidden.", _("Its tags are not offered any more."))


@bp.post("/unhideTag")
@bp.post("/unhideTag/<ref>")
@needs(Permission.TAGGER)
def unhide_tag(ref: str = "") -> Answer:
    """Offer a taxonomy's hidden tags again, or the one that is named; those that are not here are not made."""
    taxonomy = taxonomies.hide_its_tags(current_viewer(), ref or _named(), _names(), hidden=False)
    return _done(taxonomy, "The tag(s) has been unhidden.", _("Its tags can be used."))


@bp.post("/toggleRequired/<ref>")
@needs(Permission.SITE_ADMIN)
def toggle_required(ref: str) -> Answer:
    """Ask of every event for one of its tags before it is published, or ask no more; a body may say which."""
    taxonomy = taxonomies.set_required(current_viewer(), ref, required=flag(_given().get("required")))
    notice = (
        _("Events need a tag of it before they are published.")
        if taxonomy.required
        else _("Events are published without a tag of it, too.")
    )
    return _done(taxonomy, "Taxonomy toggleRequireded", notice)


@bp.post("/update")
@needs(Permission.SITE_ADMIN)
def update() -> Answer:
    """Take over what the installed package brings."""
    count = taxonomies.update(current_viewer())
    message = f"Successfully updated {count} taxonomy libraries." if count else _UP_TO_DATE
    changed = ngettext("%(num)d taxonomy is new or newer.", "%(num)d taxonomies are new or newer.", count)
    return done(saved(message), go_to="/taxonomies/index", notice=changed if count else _("All are up to date."))


def _given() -> Reply:
    """What the body says, with or without the model's name around it."""
    body = asked().parameters()
    return dict(as_record(body.get("Taxonomy")) or body)


def _named() -> str:
    """MISP's own page says in the body which taxonomy it means."""
    return plain_text(_given().get("taxonomy_id")) or ""


def _names() -> list[str]:
    given = _given()
    return read_names(given.get("name") or given.get("nameList") or [])


def _done(taxonomy: TaxonomyRecord, message: str, notice: str) -> Answer:
    return done(saved(message), go_to=f"/taxonomies/view/{taxonomy.id}", notice=notice)
