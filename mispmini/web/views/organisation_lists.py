"""Merging organisations, and taking in a partner's list, over REST and as pages (FEATURES row 15, RULES §10.8)."""

from collections.abc import Mapping

from flask import Blueprint, request

from mispmini.domain.errors import SaveFailed
from mispmini.domain.permissions import Permission
from mispmini.services import organisation_lists, organisations
from mispmini.services.organisation_lists import Imported, ImportState, Merge
from mispmini.services.organisations import Scope
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, saved, wants_json
from mispmini.web.asking import asked, is_forced
from mispmini.web.bodies_in import is_form
from mispmini.web.errors import ShowAgain, if_refused
from mispmini.web.i18n import N_, _, gettext
from mispmini.web.needs import needs
from mispmini.web.who import current_viewer
from mispmini.wire import account_replies, organisation_list_in, people_in, replies

bp = Blueprint("organisation_lists", __name__)

_OUTCOMES: Mapping[ImportState, str] = {
    ImportState.ADDED: N_("Added"),
    ImportState.KNOWN: N_("Known already"),
    ImportState.OTHER_NAME: N_("Known already, here as %(ours)s"),
    ImportState.NAME_TAKEN: N_("Not added: the name is here with another UUID, %(ours)s"),
    ImportState.INVALID: N_("Not added: the name or the UUID is missing or wrong"),
}


@bp.get("/admin/organisations/merge/<ref>")
@needs(Permission.SITE_ADMIN)
def show_merge(ref: str) -> Answer:
    """What a merge into `target` would move; without one the choice of it, or what a POST takes."""
    target = people_in.read_text(asked().parameters(), "target")
    if wants_json() and not target:
        description = "POST the organisation to merge into; a GET with it tells what would move."
        return reply(replies.api_description(action_url(), description, mandatory=("target",)))
    if_refused(_merge_again(ref))
    merge = organisation_lists.preview_merge(current_viewer(), ref, target) if target else None
    if wants_json() and merge is not None:
        return reply(account_replies.merge_reply(merge.source, merge.target, merge.counts._asdict()))
    return page_answer("organisations/merge.html", _merge_page(ref, pages.Form({"target": target}), merge))


@bp.post("/admin/organisations/merge/<ref>")
@needs(Permission.SITE_ADMIN)
def merge(ref: str) -> Answer:
    """Let all that names this organisation name another, and remove it."""
    if_refused(_merge_again(ref))
    viewer, parameters = current_viewer(), asked().parameters()
    target = people_in.read_text(parameters, "target") or people_in.read_text(parameters, "targetOrgId")
    if not target:
        raise SaveFailed("merge", "Organisation", {"target": [organisation_lists.SAME]})
    merged = organisation_lists.merge_organisations(viewer, ref, target, forced=is_forced())
    value = account_replies.merge_reply(merged.source, merged.target, merged.counts._asdict())
    notice = _("%(source)s is now part of %(target)s.", source=merged.source.name, target=merged.target.name)
    told = saved("Organisations merged.", subject_id=merged.target.id, data=value)
    return done(told, go_to=f"/organisations/view/{merged.target.id}", notice=notice)


@bp.get("/admin/organisations/import")
@needs(Permission.SITE_ADMIN)
def show_import() -> Answer:
    """The form of a list, or what a POST takes."""
    description = "POST a list of organisations, each with name and uuid; CSV text goes under `list`."
    return answer(
        lambda: replies.api_description(action_url(), description, optional=("list", "local")),
        page=lambda: pages.ImportPage(pages.Form(), (), 0),
        template="organisations/import.html",
    )


@bp.post("/admin/organisations/import")
@needs(Permission.SITE_ADMIN)
def import_list() -> Answer:
    """Take in a list; what is here already is never changed, and each line is told what became of it."""
    if_refused(lambda form, status: page_answer("organisations/import.html", _import_page(form, []), status=status))
    local = people_in.read_organisation({"local": asked().parameter("local")}, "import").local or False
    lines = organisation_list_in.read_list(_list_given())
    found = organisation_lists.import_organisations(current_viewer(), lines, local=local)
    return answer(
        lambda: [account_replies.import_reply(item.name, item.uuid, item.state.value, item.ours) for item in found],
        page=lambda: _import_page(pages.Form({"local": "1" if local else "0"}), found),
        template="organisations/import.html",
    )


def _list_given() -> object:
    """A file, the text of a form, or the JSON itself."""
    if is_form():
        file = request.files.get("file")
        text = file.read().decode("utf-8", "replace") if file is not None and file.filename else ""
        return text or people_in.read_text(asked().parameters(), "list")
    body = asked().body
    return body["list"] if isinstance(body, dict) and "list" in body else body


def _merge_again(ref: str) -> ShowAgain:
    def show(form: pages.Form, status: int) -> Answer:
        target, is_told = form.value("target"), bool(form.error("force"))
        merge = organisation_lists.preview_merge(current_viewer(), ref, target) if is_told else None
        return page_answer("organisations/merge.html", _merge_page(ref, form, merge), status=status)

    return show


def _merge_page(ref: str, form: pages.Form, merge: Merge | None) -> pages.MergePage:
    viewer = current_viewer()
    source = organisations.view_organisation(viewer, ref)
    others = [org for org in organisations.list_organisations(viewer, Scope.ALL) if org.id != source.id]
    return pages.MergePage(
        id=source.id,
        name=source.name,
        uuid=source.uuid,
        targets=tuple(pages.Choice(str(org.id), f"{org.name} ({org.uuid})") for org in others),
        form=form,
        target_name="" if merge is None else merge.target.name,
        target_uuid="" if merge is None else merge.target.uuid,
        facts=() if merge is None else _facts(merge),
    )


def _facts(merge: Merge) -> tuple[pages.MergeFact, ...]:
    counts = merge.counts
    return (
        pages.MergeFact(_("Users"), counts.users),
        pages.MergeFact(_("Events that it created"), counts.events_created),
        pages.MergeFact(_("Events that it holds here"), counts.events_held),
        pages.MergeFact(_("Partners' servers"), counts.servers),
        pages.MergeFact(_("Sharing groups"), counts.groups),
    )


def _import_page(form: pages.Form, found: list[Imported]) -> pages.ImportPage:
    rows = tuple(
        pages.ImportRow(
            name=item.name,
            uuid=item.uuid,
            added=item.state is ImportState.ADDED,
            outcome=gettext(_OUTCOMES[item.state], ours=item.ours),
        )
        for item in found
    )
    return pages.ImportPage(form, rows, sum(row.added for row in rows))
