"""Who will see this, in sentences: on this server and at each partner (GUIDE, explainer)."""

from mispmini.domain.distribution import Distribution
from mispmini.domain.graphs import EventGraph, EventRow, SharingGroup
from mispmini.services.audience import Audience, Crossing
from mispmini.services.viewing import drafts_are_private
from mispmini.web.i18n import _, ngettext
from mispmini.web.pages import Recipient
from mispmini.web.receipts import reason_sentence
from mispmini.web.words import distribution_name


def audience_sentence(graph: EventGraph) -> str:
    """Who can see an event, with what its being a draft means."""
    event = graph.event
    reach = reach_sentence(event, graph.org.name, graph.sharing_groups.get(event.sharing_group_id or 0))
    if event.published or event.distribution == Distribution.ORGANISATION:
        return reach
    return f"{reach} {_draft_sentence(event, graph.org.name)}".rstrip()


def reach_sentence(event: EventRow, owner: str, group: SharingGroup | None) -> str:
    """Who sees it once it is published, by its distribution."""
    level = Distribution(event.distribution)
    if level is Distribution.SHARING_GROUP:
        return _group_sentence(group)
    if level is Distribution.ORGANISATION:
        return _("Only %(organisation)s on this server sees it.", organisation=owner)
    return {
        Distribution.COMMUNITY: _("Every organisation on this server sees it. It is not sent further."),
        Distribution.CONNECTED: _("Every organisation on this server and on directly connected servers sees it."),
        Distribution.ALL: _("Every organisation on this server sees it, and it is passed on from server to server."),
    }[level]


def recipient(crossing: Crossing) -> Recipient:
    """A push server in the table of recipients."""
    if crossing.refusal is not None:
        return Recipient(crossing.server_name, False, reason_sentence(crossing.refusal))
    sentence = _("Arrives as: %(distribution)s.", distribution=distribution_name(crossing.level))
    if crossing.left_out:
        left = ngettext("%(num)d attribute stays here.", "%(num)d attributes stay here.", crossing.left_out)
        sentence = f"{sentence} {left}"
    return Recipient(crossing.server_name, True, sentence)


def warnings_before(audience: Audience) -> tuple[str, ...]:
    """What somebody should know before they publish; nothing of it stops them (RULES §9)."""
    warnings = []
    if audience.tlp is None:
        warnings.append(_("It has no TLP tag: nobody is told how far they may pass it on."))
    if not audience.has_attributes:
        warnings.append(_("It has no attributes yet: there is nothing to search for or to detect."))
    return tuple(warnings)


def _draft_sentence(event: EventRow, owner: str) -> str:
    if drafts_are_private():
        return _("Until it is published only %(organisation)s sees it.", organisation=owner)
    if event.distribution == Distribution.COMMUNITY:
        return ""
    return _("Partners get it only when it is published.")


def _group_sentence(group: SharingGroup | None) -> str:
    if group is None:
        return _("Only its sharing group sees it.")
    names = ", ".join(member.organisation.name for member in group.orgs) or "–"
    return _("Only the sharing group %(name)s sees it: %(members)s.", name=group.name, members=names)
