"""What the pages of blocklists are given, in the words of the reader's language."""

from collections.abc import Mapping, Sequence

from mispmini.domain.sentences import BLOCKED_BY_DELETING
from mispmini.services import blocklists
from mispmini.services.blocklists import Blocked, Blocklist
from mispmini.web import pages
from mispmini.web.i18n import N_, _, gettext
from mispmini.web.paging import Slice, paging

PATHS: Mapping[Blocklist, str] = {
    Blocklist.EVENTS: "/event_blocklists",
    Blocklist.ORGANISATIONS: "/org_blocklists",
    Blocklist.CLUSTERS: "/galaxy_cluster_blocklists",
    Blocklist.ANALYST_DATA: "/analyst_data_blocklists",
}
_NAMES = {
    Blocklist.EVENTS: N_("Events"),
    Blocklist.ORGANISATIONS: N_("Organisations"),
    Blocklist.CLUSTERS: N_("Galaxy clusters"),
    Blocklist.ANALYST_DATA: N_("Notes and opinions"),
}
_SENTENCES = {
    Blocklist.EVENTS: N_(
        "These events may not come in, neither from partners nor by hand. A deleted event is put here. Taken off the"
        " list, it can be received or written again."
    ),
    Blocklist.ORGANISATIONS: N_("Events that these organisations created may not come in."),
    Blocklist.CLUSTERS: N_("These clusters may not come in. A deleted cluster is put here."),
    Blocklist.ANALYST_DATA: N_(
        "These notes, opinions and relationships may not come in. What is deleted here is put on this list."
    ),
}
_NAMED = ("event_info", "org_name", "cluster_info", "analyst_data_info")
_CREATORS = ("event_orgc", "cluster_creator", "analyst_data_orgc")


def blocklist_page(blocklist: Blocklist, part: Slice, form: pages.Form) -> pages.BlocklistPage:
    """A part of a list, with the form that blocks more."""
    entries, total = blocklists.listed(blocklist, limit=part.limit, offset=part.offset)
    restorable = blocklists.restorable(entries) if blocklist is Blocklist.EVENTS else frozenset()
    path = PATHS[blocklist]
    return pages.BlocklistPage(
        path=f"{path}/index",
        lists=tuple(pages.Choice(f"{PATHS[each]}/index", gettext(_NAMES[each])) for each in Blocklist),
        sentence=gettext(_SENTENCES[blocklist]),
        rows=tuple(_row(entry, may_restore=entry.uuid in restorable) for entry in entries),
        paging=paging(part, total),
        form=form,
        add_path=f"{path}/add",
        delete_path=f"{path}/delete",
    )


def _row(entry: Blocked, *, may_restore: bool) -> pages.BlockedRow:
    comment = entry.texts["comment"]
    return pages.BlockedRow(
        id=entry.id,
        uuid=entry.uuid,
        name=_first(entry.texts, _NAMED),
        creator=_first(entry.texts, _CREATORS),
        comment=_("Deleted here") if comment == BLOCKED_BY_DELETING else comment,
        since=entry.created,
        may_restore=may_restore,
    )


def _first(texts: Mapping[str, str], names: Sequence[str]) -> str:
    return next((texts[name] for name in names if texts.get(name)), "")
