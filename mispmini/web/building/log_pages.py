"""What the pages of the audit log are given, in the words of the reader's language."""

from dataclasses import replace

from mispmini.domain import clock
from mispmini.domain.audit_log import LogFilters, LogRecord, Step
from mispmini.domain.ids import is_row_number
from mispmini.services import logs
from mispmini.services.logs import Moment
from mispmini.web import pages
from mispmini.web.asking import asked
from mispmini.web.building.change_words import change_rows
from mispmini.web.i18n import N_, gettext, ngettext, number
from mispmini.web.paging import asked_slice, paging
from mispmini.web.who import current_viewer
from mispmini.wire.log_in import day_filters

_ACTIONS = {
    "add": N_("added"),
    "edit": N_("changed"),
    "delete": N_("deleted"),
    "restore": N_("restored"),
    "publish": N_("published"),
    "unpublish": N_("unpublished"),
    "retract": N_("retracted"),
    "tag": N_("tagged"),
    "untag": N_("untagged"),
    "login": N_("signed in"),
    "change_pw": N_("changed the password"),
    "totp_new": N_("turned on the second factor"),
    "totp_delete": N_("turned off the second factor"),
    "request": N_("asked"),
    "accept": N_("accepted"),
    "accept delegation": N_("taken over"),
    "contact": N_("written to about it"),
    "delegate": N_("offered to another organisation"),
    "disable": N_("disabled"),
    "discard": N_("discarded"),
    "discard delegation": N_("request to take it over withdrawn"),
    "edit refused": N_("change refused"),
    "enable": N_("enabled"),
    "merge": N_("merged"),
    "push": N_("sent again"),
    "reassign": N_("given another delivering partner"),
    "release": N_("released"),
    "undelete": N_("restored"),
    "update": N_("updated from the package"),
}
_MODELS = {
    "Allowedlist": N_("Allow-list"),
    "AnalystData": N_("Note or opinion"),
    "Attribute": N_("Attribute"),
    "AuthKey": N_("Auth key"),
    "CorrelationExclusion": N_("Value not correlated"),
    "DecayingModel": N_("Decaying model"),
    "Event": N_("Event"),
    "EventBlocklist": N_("Blocked event"),
    "EventReport": N_("Report"),
    "Feed": N_("Feed"),
    "Galaxy": N_("Galaxy"),
    "GalaxyCluster": N_("Galaxy cluster"),
    "GalaxyClusterRelation": N_("Relation of a galaxy cluster"),
    "Inbox": N_("Request for an account"),
    "Note": N_("Note"),
    "Noticelist": N_("Noticelist"),
    "Object": N_("Object"),
    "ObjectReference": N_("Reference"),
    "Opinion": N_("Opinion"),
    "OrgBlocklist": N_("Blocked organisation"),
    "Organisation": N_("Organisation"),
    "Relationship": N_("Relationship"),
    "Role": N_("Role"),
    "Server": N_("Server"),
    "Setting": N_("Setting"),
    "ShadowAttribute": N_("Proposal"),
    "SharingGroup": N_("Sharing group"),
    "Sighting": N_("Sighting"),
    "Tag": N_("Tag"),
    "Taxonomy": N_("Taxonomy"),
    "User": N_("User"),
    "UserSetting": N_("Setting of a user"),
    "Warninglist": N_("Warninglist"),
}
_WAYS = {
    "key": N_("by key"),
    "page": N_("on a page"),
    "command": N_("on the command line"),
    "job": N_("by itself"),
    "": N_("not told"),
}
_FIELDS = ("email", "action", "model", "model_id", "since", "until", "title")


def index_page() -> pages.AuditPage:
    """The rows that the filters of this request leave, newest first."""
    viewer, part = current_viewer(), asked_slice()
    typed = {name: str(asked().parameter(name, "")).strip() for name in _FIELDS}
    filters = _filters(typed)
    shown = logs.list_logs(viewer, replace(filters, limit=part.limit, offset=part.offset))
    actions, models = logs.words_to_choose(viewer)
    return pages.AuditPage(
        form=pages.Form(typed),
        actions=(pages.Choice("", gettext("All")), *(pages.Choice(name, _action(name)) for name in actions)),
        models=(pages.Choice("", gettext("All")), *(pages.Choice(name, _model(name)) for name in models)),
        rows=tuple(_row(record) for record in shown),
        paging=paging(part, logs.count_logs(viewer, filters)),
        size=_size(),
    )


def view_page(record: LogRecord) -> pages.AuditRowPage:
    """One request with its steps."""
    return pages.AuditRowPage(
        row=_row(record),
        key=record.key,
        request=record.request,
        steps=tuple(_step(step) for step in record.steps),
        is_cut=record.is_cut,
    )


def moment_reply(moment: Moment) -> dict[str, object]:
    """One entry of an event's history as JSON, in the shape of a log row."""
    return {
        "Log": {
            "created": clock.datetime_text(moment.time),
            "email": moment.who,
            "org": moment.organisation,
            "action": moment.action,
            "model": moment.model,
            "model_id": str(moment.model_id or 0),
            "title": moment.title,
            "change": moment.changes,
        }
    }


def deed(model: str, action: str) -> str:
    """What was done in an event's history, in the reader's language, and to what unless it is the event itself."""
    return _action(action) if model == "Event" else f"{_model(model)}: {_action(action)}"


def _filters(typed: dict[str, str]) -> LogFilters:
    since, until = day_filters(typed["since"], typed["until"], clock.now())
    digits = typed["model_id"]
    title = typed["title"]
    return LogFilters(
        email=_part(typed["email"]),
        action=typed["action"],
        model=typed["model"],
        model_id=int(digits) if is_row_number(digits) else None,
        title=_part(title),
        since=since,
        until=until,
        newest_first=True,
    )


def _part(text: str) -> str:
    return f"%{text}%" if text else ""


def _row(record: LogRecord) -> pages.AuditRow:
    return pages.AuditRow(
        id=record.id,
        at=record.time,
        who=record.email,
        organisation=record.org_name,
        action=_action(record.action),
        what=_what(record.model, record.model_id),
        title=record.title,
        how=gettext(_WAYS.get(record.how, _WAYS[""])),
        address=record.address,
        more=max(0, len(record.steps) - 1),
    )


def _step(step: Step) -> pages.AuditStep:
    return pages.AuditStep(_action(step.action), _what(step.model, step.model_id), step.title, change_rows(step.change))


def _action(action: str) -> str:
    return gettext(_ACTIONS[action]) if action in _ACTIONS else action


def _what(model: str, model_id: int | None) -> str:
    return _model(model) if model_id is None else f"{_model(model)} {model_id}"


def _model(name: str) -> str:
    return gettext(_MODELS[name]) if name in _MODELS else name


def _size() -> str:
    found = logs.log_size(current_viewer())
    if found is None:
        return ""
    size, days = found
    rows = ngettext("%(num)d row", "%(num)d rows", size.rows)
    kept = ngettext("kept for %(num)d day", "kept for %(num)d days", days) if days else gettext("kept for ever")
    return gettext("%(rows)s, about %(kib)s KiB; %(kept)s.", rows=rows, kib=number(-(-size.bytes // 1024)), kept=kept)
